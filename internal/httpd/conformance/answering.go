package main

import (
	"context"
	"encoding/json"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// picture is a PNG of one red pixel, and sound a WAV of no sample.
const (
	picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
	sound   = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA="
)

const noArguments = `{"type":"object","properties":{}}`

// tool registers a tool with a schema.
func tool(m *server.MCPServer, name, schema string, handle server.ToolHandlerFunc) {
	m.AddTool(mcp.NewToolWithRawSchema(name, "A fixture of the conformance suite.", json.RawMessage(schema)), handle)
}

// says is a tool that always gives the same contents.
func says(contents ...mcp.Content) server.ToolHandlerFunc {
	return func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return &mcp.CallToolResult{Content: contents}, nil
	}
}

// answering registers the tools that only answer.
func answering(m *server.MCPServer) {
	text := mcp.NewTextContent
	tool(m, "test_simple_text", noArguments, says(text("This is a simple text response for testing.")))
	tool(m, "test_image_content", noArguments, says(mcp.NewImageContent(picture, "image/png")))
	tool(m, "test_audio_content", noArguments, says(mcp.NewAudioContent(sound, "audio/wav")))
	tool(m, "test_embedded_resource", noArguments, says(mcp.NewEmbeddedResource(mcp.TextResourceContents{
		URI: "test://embedded-resource", MIMEType: "text/plain", Text: "This is an embedded resource content.",
	})))
	tool(m, "test_multiple_content_types", noArguments, says(
		text("Multiple content types test:"), mcp.NewImageContent(picture, "image/png"),
		mcp.NewEmbeddedResource(mcp.TextResourceContents{
			URI: "test://mixed-content-resource", MIMEType: "application/json", Text: `{"test":"data","value":123}`,
		})))
	tool(m, "test_error_handling", noArguments, func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return mcp.NewToolResultError("This tool intentionally returns an error for testing"), nil
	})
	tool(m, "json_schema_2020_12_tool", `{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
		"$defs": {"address": {"$anchor": "addressDef", "type": "object",
			"properties": {"street": {"type": "string"}, "city": {"type": "string"}}}},
		"properties": {
			"name": {"type": "string"}, "address": {"$ref": "#/$defs/address"},
			"contactMethod": {"type": "string", "enum": ["phone", "email"]}, "phone": {"type": "string"}, "email": {"type": "string"}
		},
		"allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
		"if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
		"then": {"required": ["phone"]}, "else": {"required": ["email"]}, "additionalProperties": false
	}`, says(text("ok")))
	tool(m, "test_header_params", `{"type":"object","properties":{
		"region":{"type":"string","x-mcp-header":"Region"},"priority":{"type":"integer","x-mcp-header":"Priority"}}}`, says(text("ok")))
}
