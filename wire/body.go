package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
)

// Bounds of the shape of a message. Arguments are a few levels deep and have a few values; the memory that a message takes
// once it is read grows with these, far beyond its length.
const (
	maxDepth  = 64
	maxValues = 20_000
)

// body reads the one message of a POST, or answers why it cannot.
func (h *HTTP) body(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		refuseHTTP(w, http.StatusUnsupportedMediaType, nil, mcp.INVALID_REQUEST,
			fmt.Sprintf("Content-Type is %s; it must be application/json.", shown(r.Header.Get("Content-Type"))))
		return nil, false
	}
	if !accepts(r, "application/json") && !accepts(r, "text/event-stream") {
		refuseHTTP(w, http.StatusNotAcceptable, nil, mcp.INVALID_REQUEST,
			"Accept takes neither application/json nor text/event-stream; it must take both.")
		return nil, false
	}
	// The body must come soon; what follows it is watched for the end of the connection, for as long as the answer takes.
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(h.o.Patience)) //nolint:forbidigo // of a socket
	line, err := io.ReadAll(http.MaxBytesReader(w, r.Body, h.o.MaxBody))
	if err == nil { // what did not come in time is not waited for
		_ = control.SetReadDeadline(time.Time{})
	} else {
		w.Header().Set("Connection", "close")
	}
	line = bytes.TrimSpace(line)
	if _, long := errors.AsType[*http.MaxBytesError](err); long {
		refuseHTTP(w, http.StatusRequestEntityTooLarge, nil, mcp.INVALID_REQUEST,
			fmt.Sprintf("The message is longer than %d bytes.", h.o.MaxBody))
		return nil, false
	}
	if err != nil {
		refuseHTTP(w, http.StatusBadRequest, nil, mcp.INVALID_REQUEST, "The message did not arrive whole.")
		return nil, false
	}
	if len(line) == 0 {
		refuseHTTP(w, http.StatusBadRequest, nil, mcp.PARSE_ERROR, "There is no message.")
		return nil, false
	}
	if err := weigh(line); err != nil {
		refuseHTTP(w, http.StatusBadRequest, nil, mcp.INVALID_REQUEST, err.Error())
		return nil, false
	}
	return line, true
}

// weigh refuses JSON that is small to send and large to read, before anything reads it. It counts what separates values, and is
// no parser: what is not JSON is refused later.
func weigh(text []byte) error {
	depth, values, quoted := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			depth++
			values++
		case c == ']' || c == '}':
			depth--
		case c == ',':
			values++
		}
		if depth > maxDepth {
			return fmt.Errorf("The message is nested more than %d levels deep.", maxDepth) //nolint:revive,staticcheck // a sentence for the client
		}
		if values > maxValues {
			return fmt.Errorf("The message has more than %d values.", maxValues) //nolint:revive,staticcheck // the same
		}
	}
	return nil
}

// accepts reports whether the client takes a media type. Without the header it takes any.
func accepts(r *http.Request, wanted string) bool {
	values := r.Header.Values("Accept")
	if len(values) == 0 {
		return true
	}
	family, _, _ := strings.Cut(wanted, "/")
	for part := range strings.SplitSeq(strings.Join(values, ","), ",") {
		kind, _, _ := strings.Cut(part, ";")
		switch kind = strings.ToLower(strings.TrimSpace(kind)); kind {
		case wanted, family + "/*", "*/*":
			return true
		}
	}
	return false
}

// refuseHTTP answers with a JSON-RPC error.
func refuseHTTP(w http.ResponseWriter, status int, id json.RawMessage, code int, message string) {
	answerHTTP(w, status, refusal(id, code, message))
}

// answerHTTP answers with one JSON document.
func answerHTTP(w http.ResponseWriter, status int, message mcp.JSONRPCMessage) {
	body, err := json.Marshal(message)
	if err != nil { // what is answered was made of JSON
		status, body = http.StatusInternalServerError, []byte("{}")
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // who has gone is told nothing
}
