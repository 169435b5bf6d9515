package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/mark3labs/mcp-go/mcp"
)

// modernEra is the one without sessions; the other one is older.
const modernEra = true

// era says to which era an HTTP request belongs, by its header and by _meta, which must agree where one of them names the newer
// one. The older one needs no header.
func era(header http.Header, e envelope) (modern bool, bad *mcp.JSONRPCError) {
	said, meta := header.Get(mcp.HeaderProtocolVersion), e.Params.Meta.Version
	if !mcp.IsModernProtocol(said) && !mcp.IsModernProtocol(meta) {
		if said != "" && !mcp.IsValidProtocolVersion(said) && e.Method != string(mcp.MethodInitialize) {
			return false, refusal(e.ID, mcp.INVALID_REQUEST, unknownVersion(said))
		}
		return false, nil
	}
	switch {
	case header.Get(mcp.HeaderLastEventID) != "":
		bad = refusal(e.ID, mcp.HEADER_MISMATCH, "Streams are not resumed: leave out Last-Event-ID and send the request again under a new id.")
	case said == "":
		bad = refusal(e.ID, mcp.HEADER_MISMATCH,
			fmt.Sprintf("Header %s is missing: _meta says %s.", mcp.HeaderProtocolVersion, shown(meta)))
	case (!e.isRequest() || e.isAnswer()) && meta == "": // only requests carry a version
	case meta == "":
		bad = refusal(e.ID, mcp.INVALID_PARAMS, fmt.Sprintf("params._meta[%q] is missing: the header says %s.",
			mcp.MetaKeyProtocolVersion, shown(said)))
	case said != meta:
		bad = refusal(e.ID, mcp.HEADER_MISMATCH,
			fmt.Sprintf("Header %s is %s and _meta says %s.", mcp.HeaderProtocolVersion, shown(said), shown(meta)))
	case !mcp.IsValidProtocolVersion(meta):
		unknown := mcp.UnsupportedProtocolVersionError{Version: meta, Supported: mcp.ValidProtocolVersions}.JSONRPCError()
		unknown.ID = mcp.NewRequestId(e.ID)
		bad = &unknown
	}
	return modernEra, bad
}

func unknownVersion(version string) string {
	return fmt.Sprintf("Protocol version %s is not spoken here; valid: %s.", shown(version), strings.Join(mcp.ValidProtocolVersions, ", "))
}

// headersMatch holds the headers of a request of the newer era against its body, which they repeat for what stands between.
func (s *Server) headersMatch(header http.Header, e envelope, line []byte) *mcp.JSONRPCError {
	if !e.isRequest() {
		return nil
	}
	var body struct {
		Params json.RawMessage `json:"params"`
	}
	if err := json.Unmarshal(line, &body); err != nil {
		return nil // the library refuses it
	}
	err := mcp.ValidateStandardHeaders(header.Get, e.Params.Meta.Version, mcp.MCPMethod(e.Method), body.Params)
	if tool := s.mcp.GetTool(e.Params.Name); err == nil && e.Method == string(mcp.MethodToolsCall) && tool != nil {
		err = mcp.ValidateParamHeadersLookup(func(name string) (string, bool) {
			values := header.Values(name)
			return strings.Join(values[:min(len(values), 1)], ""), len(values) > 0
		}, &tool.Tool, body.Params)
	}
	if err == nil {
		return nil
	}
	code := mcp.INVALID_PARAMS
	if _, mismatch := errors.AsType[mcp.HeaderMismatchError](err); mismatch {
		code = mcp.HEADER_MISMATCH
	}
	return refusal(e.ID, code, err.Error())
}

// statusOf is the HTTP status of a reply: in the newer era errors have one, so that what stands between can tell.
func statusOf(reply mcp.JSONRPCMessage, modern bool) int {
	code, failed := errorCode(reply)
	switch {
	case !failed || !modern:
		return http.StatusOK
	case code == mcp.METHOD_NOT_FOUND:
		return http.StatusNotFound
	case slices.Contains([]int{
		mcp.HEADER_MISMATCH, mcp.MISSING_REQUIRED_CLIENT_CAPABILITY, mcp.UNSUPPORTED_PROTOCOL_VERSION, mcp.INVALID_REQUEST,
		mcp.INVALID_PARAMS, mcp.PARSE_ERROR,
	}, code):
		return http.StatusBadRequest
	default:
		return http.StatusOK
	}
}

// errorCode is the code of a reply that is a JSON-RPC error.
func errorCode(reply mcp.JSONRPCMessage) (int, bool) {
	switch reply := reply.(type) {
	case *mcp.JSONRPCError:
		return reply.Error.Code, true
	case mcp.JSONRPCError:
		return reply.Error.Code, true
	default:
		return 0, false
	}
}

// codeName is a code as a label.
func codeName(code int) string { return fmt.Sprintf("rpc%d", code) }
