package main

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// seal signs the states that a client carries from one call to the next.
type seal []byte

func (s seal) sign(state string) string {
	mac := hmac.New(sha256.New, s)
	_, _ = mac.Write([]byte(state))
	return state + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func (s seal) opens(state, wanted string) bool {
	body, _, _ := strings.Cut(state, ".")
	return body == wanted && hmac.Equal([]byte(state), []byte(s.sign(body)))
}

// form is a question for one value.
func form(message, name, kind string) mcp.ElicitationParams {
	return mcp.ElicitationParams{Message: message, RequestedSchema: json.RawMessage(
		fmt.Sprintf(`{"type":"object","properties":{%q:{"type":%q}},"required":[%q]}`, name, kind, name))}
}

func sampling(text string, tokens int) mcp.CreateMessageParams {
	return mcp.CreateMessageParams{
		Messages:  []mcp.SamplingMessage{{Role: mcp.RoleUser, Content: mcp.NewTextContent(text)}},
		MaxTokens: tokens,
	}
}

type builder = server.InputRequestBuilder

// round is one call of a tool that comes back: what it has been answered decides what it says.
type round func(ctx context.Context, given mcp.MultiRoundTripParams) (*builder, string, error)

func rounds(m *server.MCPServer, name string, next round) {
	tool(m, name, noArguments, func(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		asked, text, err := next(ctx, r.Params.MultiRoundTripParams)
		switch {
		case err != nil:
			return nil, err
		case asked != nil:
			result := asked.ToolResult()
			result.Content = []mcp.Content{}
			return result, nil
		default:
			return mcp.NewToolResultText(text), nil
		}
	})
}

func has(given mcp.MultiRoundTripParams, id string) bool {
	_, ok := server.InputResponse(given.InputResponses, id)
	return ok
}

var errState = errors.New("requestState is not one of this server's")

// recalling registers the tools that ask the client of the newer era.
func recalling(m *server.MCPServer) {
	key := seal(rand.Text())
	name := form("What is your name?", "name", "string")
	greet := func(_ context.Context, given mcp.MultiRoundTripParams) (*builder, string, error) {
		answer := server.ElicitationResponse(given.InputResponses, "user_name")
		if content, ok := contentOf(answer); ok {
			return nil, fmt.Sprintf("Hello, %v!", content["name"]), nil
		}
		return server.NewInputRequestBuilder("").Elicit("user_name", name), "", nil
	}
	rounds(m, "test_input_required_result_elicitation", greet)
	rounds(m, "test_streaming_elicitation", greet)
	rounds(m, "test_input_required_result_sampling", func(_ context.Context, given mcp.MultiRoundTripParams) (*builder, string, error) {
		if answer := server.SamplingResponse(given.InputResponses, "capital_question"); answer != nil {
			return nil, fmt.Sprintf("%v", answer.Content), nil
		}
		return server.NewInputRequestBuilder("").Sample("capital_question", sampling("What is the capital of France?", 100)), "", nil
	})
	rounds(m, "test_input_required_result_list_roots", func(_ context.Context, given mcp.MultiRoundTripParams) (*builder, string, error) {
		if answer := server.RootsResponse(given.InputResponses, "client_roots"); answer != nil {
			return nil, fmt.Sprintf("%v", answer.Roots), nil
		}
		return server.NewInputRequestBuilder("").Roots("client_roots"), "", nil
	})
	for _, each := range []string{"test_input_required_result_request_state", "test_input_required_result_tampered_state"} {
		rounds(m, each, func(_ context.Context, given mcp.MultiRoundTripParams) (*builder, string, error) {
			switch {
			case given.RequestState == "":
				return server.NewInputRequestBuilder(key.sign("confirm")).Elicit("confirm", form("Please confirm", "ok", "boolean")), "", nil
			case !key.opens(given.RequestState, "confirm"):
				return nil, "", errState
			default:
				return nil, "state-ok", nil
			}
		})
	}
	rounds(m, "test_input_required_result_multiple_inputs", func(_ context.Context, given mcp.MultiRoundTripParams) (*builder, string, error) {
		if has(given, "user_name") && has(given, "greeting") && has(given, "client_roots") && key.opens(given.RequestState, "several") {
			return nil, "all answered", nil
		}
		return server.NewInputRequestBuilder(key.sign("several")).Elicit("user_name", name).
			Sample("greeting", sampling("Generate a greeting", 50)).Roots("client_roots"), "", nil
	})
	rounds(m, "test_input_required_result_multi_round", func(_ context.Context, given mcp.MultiRoundTripParams) (*builder, string, error) {
		switch {
		case has(given, "step1") && key.opens(given.RequestState, "one"):
			return server.NewInputRequestBuilder(key.sign("two")).
				Elicit("step2", form("Step 2: What is your favorite color?", "color", "string")), "", nil
		case has(given, "step2") && key.opens(given.RequestState, "two"):
			return nil, "done", nil
		default:
			return server.NewInputRequestBuilder(key.sign("one")).
				Elicit("step1", form("Step 1: What is your name?", "name", "string")), "", nil
		}
	})
	able(m, name)
}

// able registers the tools that look at what the client can do.
func able(m *server.MCPServer, name mcp.ElicitationParams) {
	rounds(m, "test_input_required_result_capabilities", func(ctx context.Context, _ mcp.MultiRoundTripParams) (*builder, string, error) {
		can := server.RequestProtocolInfoFromContext(ctx).ClientCapabilities
		asked := server.NewInputRequestBuilder("")
		if can.Elicitation != nil {
			asked = asked.Elicit("user_name", name)
		}
		if can.Sampling != nil {
			asked = asked.Sample("greeting", sampling("Generate a greeting", 50))
		}
		return asked, "", nil
	})
	rounds(m, "test_missing_capability", func(ctx context.Context, _ mcp.MultiRoundTripParams) (*builder, string, error) {
		if server.RequestProtocolInfoFromContext(ctx).ClientCapabilities.Sampling == nil {
			return nil, "", mcp.MissingRequiredClientCapabilityError{Capability: "sampling"}
		}
		return nil, "able", nil
	})
}

func contentOf(answer *mcp.ElicitationResult) (map[string]any, bool) {
	if answer == nil {
		return nil, false
	}
	content, ok := answer.Content.(map[string]any)
	return content, ok
}
