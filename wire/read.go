package wire

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/headwater-mcp/headwater/fault"
)

// shelve gives the resources to the library, which lists them.
func (s *Server) shelve() {
	for _, r := range s.shelf.resources {
		if !r.isTemplate() {
			s.mcp.AddResource(mcp.Resource{
				URI: r.URI, Name: r.Name, Title: r.Title, Description: r.Description, MIMEType: mimeJSON,
			}, s.contents)
			continue
		}
		template := mcp.NewResourceTemplate(r.URI, r.Name)
		template.Title, template.Description, template.MIMEType = r.Title, r.Description, mimeJSON
		s.mcp.AddResourceTemplate(template, s.contents)
	}
}

// orderResources undoes the library's sort by name, as listed does for tools.
func (s *Server) orderResources(hooks *server.Hooks) {
	place := func(name string) int {
		return slices.IndexFunc(s.shelf.resources, func(r Resource) bool { return r.Name == name })
	}
	hooks.AddAfterListResources(func(_ context.Context, _ any, _ *mcp.ListResourcesRequest, list *mcp.ListResourcesResult) {
		slices.SortFunc(list.Resources, func(a, b mcp.Resource) int { return cmp.Compare(place(a.Name), place(b.Name)) })
	})
	hooks.AddAfterListResourceTemplates(
		func(_ context.Context, _ any, _ *mcp.ListResourceTemplatesRequest, list *mcp.ListResourceTemplatesResult) {
			slices.SortFunc(list.ResourceTemplates, func(a, b mcp.ResourceTemplate) int {
				return cmp.Compare(place(a.Name), place(b.Name))
			})
		})
}

// callable are the methods besides resources/read whose requests are ours to answer: each takes a turn.
var callable = []string{ //nolint:gochecknoglobals // a constant that Go cannot write as one
	string(mcp.MethodToolsCall), string(mcp.MethodPromptsGet), string(mcp.MethodCompletionComplete),
}

// takesTurn reports whether requests of a method run something of ours.
func takesTurn(method string) bool {
	return method == string(mcp.MethodResourcesRead) || slices.Contains(callable, method)
}

// request is one request that is ours to answer on its way through the library, which knows neither how the client spelled the
// URI nor that errors have kinds.
type request struct {
	uri    string
	failed *fault.Error // what the client is answered as a JSON-RPC error
	lacks  *mcp.MissingRequiredClientCapabilityError
}

type requestKey struct{}

// serve hands the request to the library and replaces its error by ours. It picks among templates that match in no order and
// takes no raw slash for a variable, so it is asked for the one spelling of a URI that it understands.
func (s *Server) serve(ctx context.Context, e envelope, line []byte) mcp.JSONRPCMessage {
	r := &request{uri: e.Params.URI}
	if found, ok := s.shelf.find(r.uri); ok && e.Method == string(mcp.MethodResourcesRead) {
		if spelled, err := withURI(line, found.uri); err == nil {
			line = spelled
		}
	}
	reply := s.mcp.HandleMessage(context.WithValue(ctx, requestKey{}, r), line)
	switch {
	case r.failed != nil:
		return rejected(e, r.failed)
	case r.lacks != nil: // the library answers that it failed itself
		out := refusal(e.ID, mcp.MISSING_REQUIRED_CLIENT_CAPABILITY, r.lacks.Error())
		out.Error.Data = map[string]any{"requiredCapabilities": map[string]any{r.lacks.Capability: struct{}{}}}
		return out
	default:
		return reply
	}
}

// lacking notes that a call needs what its client has not declared.
func lacking(ctx context.Context, _ any, _ mcp.MCPMethod, _ any, err error) {
	missing, is := errors.AsType[mcp.MissingRequiredClientCapabilityError](err)
	if r, ok := ctx.Value(requestKey{}).(*request); ok && is && server.IsModernRequest(ctx) {
		r.lacks = &missing
	}
}

// contents is what the library calls for every resource.
func (s *Server) contents(ctx context.Context, asked mcp.ReadResourceRequest) ([]mcp.ResourceContents, error) {
	r, ok := ctx.Value(requestKey{}).(*request)
	if !ok { // a transport of the library's own
		r = &request{uri: asked.Params.URI}
	}
	found, ok := s.shelf.find(r.uri)
	if !ok {
		r.failed = fault.New(fault.NotFound, "%s", s.unknownURI(r.uri))
		return nil, r.failed
	}
	out, err := guarded(found.resource.Name, func() (any, error) { return found.resource.Read(ctx, found.variables) })
	if err != nil {
		r.failed = Public(s.log(ctx), found.resource.Name, err)
		return nil, r.failed
	}
	return []mcp.ResourceContents{
		mcp.TextResourceContents{URI: r.uri, MIMEType: mimeJSON, Text: string(out.body), Meta: out.meta},
	}, nil
}

// withURI is a request with another params.uri.
func withURI(line []byte, uri string) ([]byte, error) {
	var message, params map[string]json.RawMessage
	if err := json.Unmarshal(line, &message); err != nil {
		return nil, err //nolint:wrapcheck // the caller goes on with the line as it is
	}
	if err := json.Unmarshal(message["params"], &params); err != nil {
		return nil, err //nolint:wrapcheck // the same
	}
	spelled, err := json.Marshal(uri)
	if err != nil {
		return nil, err //nolint:wrapcheck // the same
	}
	params["uri"] = spelled
	if message["params"], err = json.Marshal(params); err != nil {
		return nil, err //nolint:wrapcheck // the same
	}
	return json.Marshal(message) //nolint:wrapcheck // the same
}

// unknownURI is the sentence about a URI that no resource matches.
func (s *Server) unknownURI(uri string) string {
	return fmt.Sprintf("There is no resource %s. Resources: %s; a value in braces is percent-encoded.",
		shown(uri), strings.Join(s.shelf.uris(), ", "))
}

// rejected is a fault as a JSON-RPC error: a read has no result that could be one.
func rejected(e envelope, f *fault.Error) *mcp.JSONRPCError {
	code := mcp.INTERNAL_ERROR
	switch f.Kind {
	case fault.NotFound:
		code = e.notFound()
	case fault.Invalid:
		code = mcp.INVALID_PARAMS
	case fault.Blocked, fault.Conflict, fault.Unavailable, fault.Internal:
	}
	out := refusal(e.ID, code, f.Message)
	data := map[string]any{"kind": f.Kind, "retryable": f.Kind.Retryable()}
	if !slices.Contains(callable, e.Method) {
		data["uri"] = clean(e.Params.URI)
	}
	out.Error.Data = data
	return out
}
