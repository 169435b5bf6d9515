package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// requester is a session that sends requests of any kind to its client.
type requester interface {
	Request(ctx context.Context, method string, params any) (json.RawMessage, error)
}

// ask sends a request to the client of the older era.
func ask(ctx context.Context, method string, params any) (json.RawMessage, error) {
	session, ok := server.ClientSessionFromContext(ctx).(requester)
	if !ok {
		return nil, fmt.Errorf("the client cannot be asked for %s", method)
	}
	return session.Request(ctx, method, params)
}

// elicitation is a tool that asks the user and repeats the answer.
func elicitation(m *server.MCPServer, name, schema, message, form, answer string) {
	tool(m, name, schema, func(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		result, err := ask(ctx, "elicitation/create", map[string]any{
			"message": r.GetString("message", message), "requestedSchema": json.RawMessage(form),
		})
		if err != nil {
			return mcp.NewToolResultError(err.Error()), nil
		}
		var given struct {
			Action  string          `json:"action"`
			Content json.RawMessage `json:"content"`
		}
		if err := json.Unmarshal(result, &given); err != nil {
			return mcp.NewToolResultError(err.Error()), nil
		}
		return mcp.NewToolResultText(fmt.Sprintf(answer, given.Action, given.Content)), nil
	})
}

// asking registers the tools that ask the client of the older era.
func asking(m *server.MCPServer) {
	tool(m, "test_sampling", `{"type":"object","properties":{"prompt":{"type":"string"}},"required":["prompt"]}`,
		func(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			result, err := ask(ctx, "sampling/createMessage", map[string]any{
				"messages": []any{map[string]any{
					"role": "user", "content": map[string]any{"type": "text", "text": r.GetString("prompt", "")},
				}},
				"maxTokens": 100,
			})
			if err != nil {
				return mcp.NewToolResultError(err.Error()), nil
			}
			var given struct {
				Content struct {
					Text string `json:"text"`
				} `json:"content"`
			}
			if err := json.Unmarshal(result, &given); err != nil {
				return mcp.NewToolResultError(err.Error()), nil
			}
			return mcp.NewToolResultText("LLM response: " + given.Content.Text), nil
		})
	elicitation(m, "test_elicitation", `{"type":"object","properties":{"message":{"type":"string"}},"required":["message"]}`, "",
		`{"type":"object","properties":{"username":{"type":"string","description":"User's response"},
			"email":{"type":"string","description":"User's email address"}},"required":["username","email"]}`,
		"User response: action=%s, content=%s")
	elicitation(m, "test_elicitation_sep1034_defaults", noArguments, "Please confirm.",
		`{"type":"object","properties":{"name":{"type":"string","default":"John Doe"},"age":{"type":"integer","default":30},
			"score":{"type":"number","default":95.5},"status":{"type":"string","enum":["active","inactive","pending"],"default":"active"},
			"verified":{"type":"boolean","default":true}}}`,
		"Elicitation completed: action=%s, content=%s")
	elicitation(m, "test_elicitation_sep1330_enums", noArguments, "Please choose.",
		`{"type":"object","properties":{
			"untitledSingle":{"type":"string","enum":["option1","option2","option3"]},
			"titledSingle":{"type":"string","oneOf":[{"const":"value1","title":"First Option"},{"const":"value2","title":"Second Option"},
				{"const":"value3","title":"Third Option"}]},
			"legacyEnum":{"type":"string","enum":["opt1","opt2","opt3"],"enumNames":["Option One","Option Two","Option Three"]},
			"untitledMulti":{"type":"array","items":{"type":"string","enum":["option1","option2","option3"]}},
			"titledMulti":{"type":"array","items":{"anyOf":[{"const":"value1","title":"First Choice"},
				{"const":"value2","title":"Second Choice"},{"const":"value3","title":"Third Choice"}]}}}}`,
		"Elicitation completed: action=%s, content=%s")
}
