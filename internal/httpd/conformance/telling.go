package main

import (
	"context"
	"errors"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// between is how long the suite has a tool wait between two notifications.
const between = 50 * time.Millisecond

// telling registers the tools that say something before they answer.
func telling(m *server.MCPServer) {
	tool(m, "test_tool_with_logging", noArguments, func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		for i, text := range []string{"Tool execution started", "Tool processing data", "Tool execution completed"} {
			if err := pause(ctx, i); err != nil {
				return nil, err
			}
			if err := m.SendNotificationToClient(ctx, "notifications/message", map[string]any{"level": "info", "data": text}); err != nil {
				return nil, err //nolint:wrapcheck // a fixture
			}
		}
		return ended(ctx)
	})
	tool(m, "test_logging_tool", noArguments, func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		if info := server.RequestProtocolInfoFromContext(ctx); info != nil && info.LogLevel != "" {
			told := map[string]any{"level": string(info.LogLevel), "data": "called"}
			if err := m.SendNotificationToClient(ctx, "notifications/message", told); err != nil {
				return nil, err //nolint:wrapcheck // a fixture
			}
		}
		return ended(ctx)
	})
	progressing(m)
}

// progressing registers the tool that says how far it is.
func progressing(m *server.MCPServer) {
	tool(m, "test_tool_with_progress", noArguments, func(ctx context.Context, r mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		for i, done := range []float64{0, 50, 100} {
			if err := pause(ctx, i); err != nil {
				return nil, err
			}
			if r.Params.Meta == nil || r.Params.Meta.ProgressToken == nil {
				continue
			}
			told := map[string]any{"progressToken": r.Params.Meta.ProgressToken, "progress": done, "total": 100}
			if err := m.SendNotificationToClient(ctx, "notifications/progress", told); err != nil {
				return nil, err //nolint:wrapcheck // a fixture
			}
		}
		return ended(ctx)
	})
}

// pause waits before all but the first.
func pause(ctx context.Context, i int) error {
	if i == 0 {
		return nil
	}
	select {
	case <-time.After(between):
		return nil
	case <-ctx.Done():
		return errors.New("withdrawn")
	}
}

// ended answers a moment after what was said, as wire does for its own tools.
func ended(ctx context.Context) (*mcp.CallToolResult, error) {
	return mcp.NewToolResultText("done"), pause(ctx, 1)
}
