package wire

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
	"github.com/rs/zerolog"

	"github.com/headwater-mcp/headwater/fault"
)

// Info is how the server introduces itself. Instructions are for the model: what the tools are for and where to start.
type Info struct {
	Name         string
	Version      string
	Instructions string
}

// Server serves a fixed list of tools in both eras of the protocol: 2026-07-28, where every request stands alone, and
// 2025-11-25 and older, which begin with initialize. The era is chosen for each request by what the request says.
type Server struct {
	mcp    *server.MCPServer
	logger zerolog.Logger
	names  []string // of the tools, in the order given
}

// NewServer makes a server of the tools, listed in the order given. It reports every tool that Validate refuses and
// every name given twice.
func NewServer(info Info, tools []Tool, logger zerolog.Logger) (*Server, error) {
	s := &Server{logger: logger}
	var errs []error
	for _, tool := range tools {
		errs = append(errs, tool.Validate())
		if slices.Contains(s.names, tool.Name) {
			errs = append(errs, fmt.Errorf("tool %q: there are two of that name", tool.Name))
		}
		s.names = append(s.names, tool.Name)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("make the server: %w", err)
	}
	s.mcp = server.NewMCPServer(info.Name, info.Version,
		server.WithInstructions(info.Instructions), server.WithToolCapabilities(false), server.WithToolFilter(s.inOrder))
	for _, tool := range tools {
		s.mcp.AddTool(tool.entry(), s.handler(tool))
	}
	return s, nil
}

// handler never returns a Go error: the library would make a JSON-RPC error of it, which no model gets to see.
func (s *Server) handler(tool Tool) server.ToolHandlerFunc {
	return func(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		arguments, err := json.Marshal(request.GetRawArguments())
		if err != nil {
			return failed(fault.Wrap(err, fault.Invalid, "The arguments are not JSON.")), nil
		}
		out, err := tool.answer(ctx, arguments)
		if err != nil {
			return failed(Public(s.logger, tool.Name, err)), nil
		}
		return answered(out), nil
	}
}

// inOrder undoes the library's sort by name: the order given is the order of use, which helps a model to choose.
func (s *Server) inOrder(_ context.Context, tools []mcp.Tool) []mcp.Tool {
	slices.SortStableFunc(tools, func(a, b mcp.Tool) int {
		return cmp.Compare(slices.Index(s.names, a.Name), slices.Index(s.names, b.Name))
	})
	return tools
}

// entry is the tool as tools/list shows it, all four hints stated.
func (t Tool) entry() mcp.Tool {
	return mcp.Tool{
		Name:            t.Name,
		Title:           t.Title,
		Description:     t.Description,
		RawInputSchema:  t.Input,
		RawOutputSchema: t.Output,
		Annotations: mcp.ToolAnnotation{
			ReadOnlyHint:    &t.Hints.ReadOnly,
			DestructiveHint: &t.Hints.Destructive,
			IdempotentHint:  &t.Hints.Idempotent,
			OpenWorldHint:   &t.Hints.OpenWorld,
		},
	}
}

// bytesPerToken is the rule of thumb that the budgets of tools/list are stated in.
const bytesPerToken = 4

// TokenCost is about how many tokens a host pays to show the tool to a model on every request: its name, description and
// input schema.
func TokenCost(t Tool) int {
	return (len(t.Name) + len(t.Description) + len(t.Input)) / bytesPerToken
}

// EntryCost is about how many tokens the tool's whole entry in tools/list has, output schema and hints included.
func EntryCost(t Tool) int {
	entry, err := json.Marshal(t.entry())
	if err != nil { // Validate says why
		return 0
	}
	return len(entry) / bytesPerToken
}
