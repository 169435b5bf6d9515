package main

import (
	"context"
	"fmt"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// completer completes nothing, which the suite takes.
type completer struct{}

func (completer) CompletePromptArgument(
	context.Context, string, mcp.CompleteArgument, mcp.CompleteContext,
) (*mcp.Completion, error) {
	return &mcp.Completion{Values: []string{}}, nil
}

func user(content mcp.Content) mcp.PromptMessage { return mcp.NewPromptMessage(mcp.RoleUser, content) }

// prompting registers the prompts.
func prompting(m *server.MCPServer) {
	add := func(name string, arguments []string, messages func(map[string]string) []mcp.PromptMessage) {
		prompt := mcp.NewPrompt(name, mcp.WithPromptDescription("A fixture."))
		for _, argument := range arguments {
			prompt.Arguments = append(prompt.Arguments, mcp.PromptArgument{Name: argument, Description: "A fixture.", Required: true})
		}
		m.AddPrompt(prompt, func(_ context.Context, r mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
			return mcp.NewGetPromptResult("A fixture.", messages(r.Params.Arguments)), nil
		})
	}
	add("test_simple_prompt", nil, func(map[string]string) []mcp.PromptMessage {
		return []mcp.PromptMessage{user(mcp.NewTextContent("This is a simple prompt for testing."))}
	})
	add("test_prompt_with_arguments", []string{"arg1", "arg2"}, func(given map[string]string) []mcp.PromptMessage {
		return []mcp.PromptMessage{user(mcp.NewTextContent(
			fmt.Sprintf("Prompt with arguments: arg1='%s', arg2='%s'", given["arg1"], given["arg2"])))}
	})
	add("test_prompt_with_embedded_resource", []string{"resourceUri"}, func(given map[string]string) []mcp.PromptMessage {
		return []mcp.PromptMessage{
			user(mcp.NewEmbeddedResource(mcp.TextResourceContents{
				URI: given["resourceUri"], MIMEType: "text/plain", Text: "Embedded resource content for testing.",
			})),
			user(mcp.NewTextContent("Please process the embedded resource above.")),
		}
	})
	add("test_prompt_with_image", nil, func(map[string]string) []mcp.PromptMessage {
		return []mcp.PromptMessage{
			user(mcp.NewImageContent(picture, "image/png")), user(mcp.NewTextContent("Please analyze the image above.")),
		}
	})
	m.AddPrompt(mcp.NewPrompt("test_input_required_result_prompt", mcp.WithPromptDescription("A fixture.")),
		func(_ context.Context, r mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
			if content, ok := contentOf(server.ElicitationResponse(r.Params.InputResponses, "user_context")); ok {
				return mcp.NewGetPromptResult("A fixture.",
					[]mcp.PromptMessage{user(mcp.NewTextContent(fmt.Sprintf("Context: %v", content["context"])))}), nil
			}
			result := server.NewInputRequestBuilder("").
				Elicit("user_context", form("What context should the prompt use?", "context", "string")).PromptResult()
			result.Messages = []mcp.PromptMessage{}
			return result, nil
		})
}
