package wire

import (
	"context"
	"slices"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/headwater-mcp/headwater/fault"
)

// Completer offers values for an argument of a prompt or a variable of a resource, the likeliest first, given what has been typed
// of it and the values of others that are known. It may offer more than are shown. Its errors are faults.
type Completer func(ctx context.Context, typed string, given map[string]string) ([]string, error)

// maxOffered is how many values the protocol lets a server offer.
const maxOffered = 100

// completions is what the library asks for them.
type completions struct{ *Server }

// CompletePromptArgument implements server.PromptCompletionProvider.
func (s completions) CompletePromptArgument(
	ctx context.Context, name string, argument mcp.CompleteArgument, known mcp.CompleteContext,
) (*mcp.Completion, error) {
	p, ok := s.prompt(name)
	if !ok {
		return nil, failing(ctx, fault.New(fault.Invalid, "%s", s.unknownPrompt(name)))
	}
	i := slices.IndexFunc(p.Arguments, func(a Argument) bool { return a.Name == argument.Name })
	if i < 0 {
		return nil, failing(ctx, fault.New(fault.Invalid, "%s has no argument %s.", name, shown(argument.Name)))
	}
	return s.offer(ctx, p.Arguments[i].Complete, argument.Value, known.Arguments)
}

// CompleteResourceArgument implements server.ResourceCompletionProvider.
func (s completions) CompleteResourceArgument(
	ctx context.Context, uri string, argument mcp.CompleteArgument, known mcp.CompleteContext,
) (*mcp.Completion, error) {
	i := slices.IndexFunc(s.shelf.resources, func(r Resource) bool { return r.URI == uri })
	if i < 0 {
		return nil, failing(ctx, fault.New(fault.Invalid, "%s", s.unknownURI(uri)))
	}
	r := s.shelf.resources[i]
	if !strings.Contains(r.URI, "{"+argument.Name+"}") {
		return nil, failing(ctx, fault.New(fault.Invalid, "%s has no variable %s.", r.URI, shown(argument.Name)))
	}
	return s.offer(ctx, r.Complete[argument.Name], argument.Value, known.Arguments)
}

func (s completions) offer(
	ctx context.Context, complete Completer, typed string, given map[string]string,
) (*mcp.Completion, error) {
	out := &mcp.Completion{Values: []string{}}
	if complete == nil {
		return out, nil
	}
	_, err := guarded("completion/complete", func() (any, error) {
		values, err := complete(ctx, typed, given)
		for _, v := range values[:min(len(values), maxOffered)] {
			out.Values = append(out.Values, clean(v))
		}
		out.Total, out.HasMore = len(values), len(values) > maxOffered
		return struct{}{}, err
	})
	if err != nil {
		return nil, failing(ctx, Public(s.log(ctx), "completion/complete", err))
	}
	return out, nil
}

func (s *Server) unknownPrompt(name string) string {
	names := make([]string, len(s.prompts))
	for i, p := range s.prompts {
		names[i] = p.Name
	}
	return "There is no prompt " + shown(name) + "." + fault.DidYouMean(name, names) + " Prompts: " + strings.Join(names, ", ") + "."
}
