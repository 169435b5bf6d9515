package wire

import (
	"crypto/rand"
	"encoding/json"
	"errors"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/rs/zerolog"

	"github.com/headwater-mcp/headwater/fault"
)

// Public is what a caller may see of an error, on every way out: MCP, terminal, HTTP. A fault of a kind that has a remedy
// keeps its sentence, and its cause goes to the log at debug level. An internal or foreign error is logged whole under
// an id, and the sentence holds nothing but the id. what names the tool or the task that failed.
func Public(logger zerolog.Logger, what string, err error) *fault.Error {
	known, ok := errors.AsType[*fault.Error](err)
	if ok && known.Kind != fault.Internal {
		logger.Debug().Str("what", what).Str("kind", string(known.Kind)).AnErr("cause", known.Cause).Msg(clean(known.Message))
		return fault.Wrap(err, known.Kind, "%s", bounded(clean(known.Message)))
	}
	id := rand.Text()[:8]
	cause := err
	if ok && known.Cause != nil {
		cause = known.Cause
	}
	logger.Error().Str("what", what).Str("log_id", id).Err(cause).Msg("internal error")
	return fault.Wrap(err, fault.Internal,
		"%s failed for a reason of its own, not because of the arguments. The server's log has the cause under log id %s.", what, id)
}

// Bounds of a sentence, in characters: what a caller wrote may stand in it, and says nothing more by being long.
const (
	maxSentence  = 1500
	sentenceHead = 1000
)

// bounded leaves out the middle of a sentence that is too long: what was wrong stands first, and what to do next last.
func bounded(sentence string) string {
	runes := []rune(sentence)
	if len(runes) <= maxSentence {
		return sentence
	}
	return string(runes[:sentenceHead]) + " … " + string(runes[len(runes)-(maxSentence-sentenceHead):])
}

// failureBody is the structured content of a failed call.
type failureBody struct {
	Error failureDetail `json:"error"`
}

type failureDetail struct {
	Kind      fault.Kind `json:"kind"`
	Message   string     `json:"message"`
	Retryable bool       `json:"retryable"`
}

// FailureJSON is a fault as structured content: {"error":{"kind","message","retryable"}}.
func FailureJSON(f *fault.Error) json.RawMessage {
	body, err := json.Marshal(failureBody{failureDetail{f.Kind, clean(f.Message), f.Kind.Retryable()}})
	if err != nil { // strings and a bool: it cannot happen, and the sentence still reaches the caller as text
		return json.RawMessage(`{}`)
	}
	return body
}

// failed is a call's result that a model reads and can act on, as a JSON-RPC error is not.
func failed(f *fault.Error) *mcp.CallToolResult {
	return &mcp.CallToolResult{
		Content:              []mcp.Content{mcp.NewTextContent(clean(f.Message))},
		RawStructuredContent: FailureJSON(f),
		IsError:              true,
	}
}

// answered is the result of a call that worked: the same JSON structured, and as text for clients that know only that.
func answered(a answer) *mcp.CallToolResult {
	result := &mcp.CallToolResult{
		Content:              []mcp.Content{mcp.NewTextContent(string(a.body))},
		RawStructuredContent: a.body,
	}
	if len(a.meta) > 0 {
		result.Meta = mcp.NewMetaFromMap(a.meta)
	}
	return result
}
