package wire

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/headwater-mcp/headwater/fault"
)

// maxMessage is the longest message that is read, in bytes. Arguments are far smaller; what is longer is a mistake.
const maxMessage = 4 << 20

// errTooLong is the error of a line beyond maxMessage. The line has been read to its end.
var errTooLong = errors.New("message too long")

// readMessage returns the next line without its end. The last line needs no newline. io.EOF comes alone.
func readMessage(in *bufio.Reader) ([]byte, error) {
	var line []byte
	long := false
	for {
		part, err := in.ReadSlice('\n')
		if long = long || len(line)+len(part) > maxMessage; !long {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && (!errors.Is(err, io.EOF) || (!long && len(line) == 0)):
			return nil, err //nolint:wrapcheck // io.EOF is to be recognised
		case long:
			return nil, errTooLong
		default:
			return bytes.TrimSpace(line), nil
		}
	}
}

// envelope is what has to be known of a message before it is served.
type envelope struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Result json.RawMessage `json:"result"`
	Error  json.RawMessage `json:"error"`
	Params struct {
		Name      string          `json:"name"`      // tools/call, prompts/get
		Cursor    string          `json:"cursor"`    // tools/list
		RequestID json.RawMessage `json:"requestId"` // notifications/cancelled
		URI       string          `json:"uri"`       // resources/read, subscribe and unsubscribe
		Listen    struct {
			URIs []string `json:"resourceSubscriptions"`
		} `json:"notifications"` // subscriptions/listen
		Meta struct {
			Version     string `json:"io.modelcontextprotocol/protocolVersion"`
			TraceParent string `json:"traceparent"`
			TraceState  string `json:"tracestate"`
		} `json:"_meta"`
	} `json:"params"`
}

// isRequest reports whether an answer is owed.
func (e envelope) isRequest() bool { return len(e.ID) > 0 && string(e.ID) != "null" }

// isAnswer reports whether the message answers a request of ours.
func (e envelope) isAnswer() bool { return e.Method == "" && (e.Result != nil || e.Error != nil) }

// notFound is the code for a resource that does not exist, which the eras do not share.
func (e envelope) notFound() int {
	if mcp.IsModernProtocol(e.Params.Meta.Version) {
		return mcp.INVALID_PARAMS
	}
	return mcp.RESOURCE_NOT_FOUND
}

// wanted lists the URIs that a request subscribes to.
func (e envelope) wanted() []string {
	switch e.Method {
	case string(mcp.MethodResourcesSubscribe):
		return []string{e.Params.URI}
	case string(mcp.MethodSubscriptionsListen):
		return e.Params.Listen.URIs
	default:
		return nil
	}
}

// open reads the envelope of a line, or returns the JSON-RPC error that the line deserves.
func open(line []byte) (envelope, *mcp.JSONRPCError) {
	var e envelope
	err := json.Unmarshal(line, &e)
	if _, mismatch := errors.AsType[*json.UnmarshalTypeError](err); mismatch {
		// The envelope is judged; params of a method that this file does not know are the library's.
		if e.Method == "" && line[0] != '{' {
			return e, refusal(nil, mcp.INVALID_REQUEST, "A message is one JSON object; batches are not supported.")
		}
		return e, nil
	}
	if err != nil {
		return e, refusal(nil, mcp.PARSE_ERROR, fmt.Sprintf("The message is not JSON: %s.", err))
	}
	if e.Method == "" && !e.isAnswer() {
		return e, refusal(e.ID, mcp.INVALID_REQUEST, "The message has no method.")
	}
	return e, nil
}

// refuse words the errors of requests that fail before any tool or resource: the library's texts tell a caller nothing.
func (s *Server) refuse(e envelope, from *session) *mcp.JSONRPCError {
	switch {
	case e.Method == string(mcp.MethodToolsCall) && !slices.Contains(s.names, e.Params.Name):
		return refusal(e.ID, mcp.INVALID_PARAMS, fmt.Sprintf("There is no tool %q.%s Tools: %s.", e.Params.Name,
			fault.DidYouMean(e.Params.Name, s.names), strings.Join(s.names, ", ")))
	case e.Method == string(mcp.MethodPromptsGet) && len(s.prompts) > 0 && !s.knowsPrompt(e.Params.Name):
		return refusal(e.ID, mcp.INVALID_PARAMS, s.unknownPrompt(e.Params.Name))
	case e.Params.Cursor != "" && slices.Contains(wholeLists, e.Method):
		return refusal(e.ID, mcp.INVALID_PARAMS,
			fmt.Sprintf("The cursor is not one of this server's: %s answers whole, without cursors.", e.Method))
	case len(s.shelf.resources) == 0:
		return nil // the library says that there are none
	case e.Method == string(mcp.MethodResourcesRead):
		return s.refuseURIs(e, []string{e.Params.URI})
	}
	if mcp.IsModernProtocol(e.Params.Meta.Version) && e.Method == string(mcp.MethodResourcesSubscribe) {
		return nil // the library says that this era has no such method, whatever it is about
	}
	if bad := s.refuseURIs(e, e.wanted()); bad != nil {
		return bad
	}
	if wanted := len(e.wanted()); wanted > 0 && s.subscriptions.count(from)+wanted > maxSubscriptions {
		return refusal(e.ID, mcp.INVALID_PARAMS,
			fmt.Sprintf("A session subscribes to at most %d resources: end subscriptions that are no longer needed.", maxSubscriptions))
	}
	return nil
}

// wholeLists are the lists that are never cut.
var wholeLists = []string{ //nolint:gochecknoglobals // a constant that Go cannot write as one
	string(mcp.MethodToolsList), string(mcp.MethodResourcesList), string(mcp.MethodResourcesTemplatesList),
	string(mcp.MethodPromptsList),
}

func (s *Server) refuseURIs(e envelope, uris []string) *mcp.JSONRPCError {
	for _, uri := range uris {
		if _, ok := s.shelf.find(uri); !ok {
			f := fault.New(fault.NotFound, "%s", s.unknownURI(uri))
			e.Params.URI = uri
			return rejected(e, f)
		}
	}
	return nil
}

func refusal(id json.RawMessage, code int, message string) *mcp.JSONRPCError {
	var known any
	if len(id) > 0 {
		known = id
	}
	return &mcp.JSONRPCError{
		JSONRPC: mcp.JSONRPC_VERSION,
		ID:      mcp.NewRequestId(known),
		Error:   mcp.NewJSONRPCErrorDetails(code, clean(message), nil),
	}
}
