package main

import (
	"context"
	"fmt"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// reading registers the resources.
func reading(m *server.MCPServer) {
	for uri, contents := range map[string]mcp.ResourceContents{
		"test://static-text": mcp.TextResourceContents{
			URI: "test://static-text", MIMEType: "text/plain", Text: "This is the content of the static text resource.",
		},
		"test://static-binary":    mcp.BlobResourceContents{URI: "test://static-binary", MIMEType: "image/png", Blob: picture},
		"test://watched-resource": mcp.TextResourceContents{URI: "test://watched-resource", MIMEType: "text/plain", Text: "Watched."},
	} {
		m.AddResource(mcp.NewResource(uri, uri, mcp.WithResourceDescription("A fixture.")),
			func(context.Context, mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
				return []mcp.ResourceContents{contents}, nil
			})
	}
	template := mcp.NewResourceTemplate("test://template/{id}/data", "template", mcp.WithTemplateDescription("A fixture."))
	m.AddResourceTemplate(template,
		func(_ context.Context, r mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
			id := ""
			if values, ok := r.Params.Arguments["id"].([]string); ok && len(values) > 0 {
				id = values[0]
			}
			return []mcp.ResourceContents{mcp.TextResourceContents{
				URI: r.Params.URI, MIMEType: "application/json",
				Text: fmt.Sprintf(`{"id":%q,"templateTest":true,"data":"Data for ID: %s"}`, id, id),
			}}, nil
		})
}
