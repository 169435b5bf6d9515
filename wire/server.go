package wire

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

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

	// Now is the clock by which the answer to a question comes too late. See Ask.
	Now func() time.Time

	// Allows decides which tools the user of ctx sees and may call, and with "" whether they may read resources; nil allows
	// everything. What is not allowed is not listed.
	Allows func(ctx context.Context, tool string) bool
}

// Server serves a fixed list of tools and resources in both eras of the protocol: 2026-07-28, where every request stands
// alone, and 2025-11-25 and older, which begin with initialize. The era is chosen for each request by what the request says.
type Server struct {
	mcp           *server.MCPServer
	logger        zerolog.Logger
	names         []string // of the tools, in the order given
	shelf         shelf
	prompts       []Prompt
	subscriptions *subscriptions
	seal          *seal
	allows        func(ctx context.Context, tool string) bool
}

// NewServer makes a server of the tools, the resources and the prompts, listed in the order given. It reports every one that
// Validate refuses and every name given twice. more is for tests of the transports, as Extend is.
func NewServer(
	info Info, tools []Tool, resources []Resource, prompts []Prompt, logger zerolog.Logger, more ...server.ServerOption,
) (*Server, error) {
	s := &Server{logger: logger, prompts: prompts, allows: info.Allows}
	errs := []error{validatePrompts(prompts)}
	for _, tool := range tools {
		errs = append(errs, tool.Validate())
		if slices.Contains(s.names, tool.Name) {
			errs = append(errs, fmt.Errorf("tool %q: there are two of that name", tool.Name))
		}
		s.names = append(s.names, tool.Name)
	}
	if info.Now == nil {
		errs = append(errs, errors.New("it has no clock: set Info.Now"))
	}
	var err error
	s.shelf, err = newShelf(resources)
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, fmt.Errorf("make the server: %w", err)
	}
	s.seal = newSeal(info.Now)
	s.subscriptions = &subscriptions{server: s, told: map[string]map[subscriber]subscribed{}, watch: map[string]*watch{}}
	s.mcp = server.NewMCPServer(info.Name, info.Version, append(s.options(info), more...)...)
	for _, tool := range tools {
		s.mcp.AddTool(tool.entry(), s.handler(tool))
	}
	s.shelve()
	s.announce()
	return s, nil
}

// Extend lets tests of the transports register with the library what tools and resources of ours never are: pictures, prompts,
// requests for models. Nothing of it is checked. It must be called before the server serves.
func (s *Server) Extend(register func(*server.MCPServer)) {
	register(s.mcp)
	s.names = slices.Sorted(maps.Keys(s.mcp.ListTools()))
}

func (s *Server) options(info Info) []server.ServerOption {
	hooks := &server.Hooks{}
	hooks.AddAfterInitialize(introduce)
	hooks.AddOnError(lacking)
	options := []server.ServerOption{
		server.WithInstructions(info.Instructions), server.WithToolCapabilities(false), server.WithToolFilter(s.listed),
		server.WithHooks(hooks),
	}
	if len(s.prompts) > 0 {
		s.orderPrompts(hooks)
		options = append(options, server.WithPromptCapabilities(false), server.WithCompletions(),
			server.WithPromptCompletionProvider(completions{s}), server.WithResourceCompletionProvider(completions{s}))
	}
	if len(s.shelf.resources) == 0 {
		return options
	}
	s.orderResources(hooks)
	s.subscriptions.follow(hooks)
	return append(options, server.WithResourceCapabilities(true, false))
}

// handler returns no Go error: the library would make a JSON-RPC error of it, which no model gets to see. The one exception is
// an answer with a state that is not its own: that is between the client and us.
func (s *Server) handler(tool Tool) server.ToolHandlerFunc {
	return func(ctx context.Context, asked mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		arguments, err := json.Marshal(asked.GetRawArguments())
		if err != nil {
			return failed(fault.Wrap(err, fault.Invalid, "The arguments are not JSON.")), nil
		}
		c := newCall(s, tool.Name, arguments, asked)
		defer c.end(ctx)
		ctx, stop := c.limited(context.WithValue(ctx, callKey{}, c))
		defer stop()
		if err := c.resume(ctx, asked.Params.MultiRoundTripParams); err != nil {
			bad := Public(s.log(ctx), tool.Name, err)
			if bad.Kind != fault.Invalid {
				return failed(bad), nil
			}
			if r, ok := ctx.Value(requestKey{}).(*request); ok {
				r.failed = bad
			}
			return nil, bad
		}
		out, err := tool.answer(ctx, arguments)
		if open, ok := errors.AsType[*unanswered](err); ok {
			return c.ask(ctx, open), nil
		}
		if err != nil {
			return failed(Public(s.log(ctx), tool.Name, c.tooLong(ctx, err))), nil
		}
		return answered(out), nil
	}
}

// listed leaves out what the user may not call, and undoes the library's sort by name: the order given is the order of use,
// which helps a model to choose.
func (s *Server) listed(ctx context.Context, tools []mcp.Tool) []mcp.Tool {
	if s.allows != nil {
		tools = slices.DeleteFunc(tools, func(t mcp.Tool) bool { return !s.allows(ctx, t.Name) })
	}
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
