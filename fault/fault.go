// Package fault names the ways in which headwater can fail and what each one means to a caller: an agent over MCP, a
// shell script, an HTTP client. A fault carries a kind and one sentence that says what was wrong, what would be valid
// and what to do next; its cause, where it has one, is kept for the log and never shown.
//
// It leaves the wording to whoever makes the error, and the transport to package wire and the roof.
package fault

import (
	"errors"
	"fmt"
)

// Kind says what a caller can do about an error.
type Kind string

const (
	// NotFound: what was named does not exist. The sentence suggests near misses.
	NotFound Kind = "not_found"
	// Invalid: the request cannot be carried out as written. The sentence says what would be valid.
	Invalid Kind = "invalid"
	// Blocked: policy forbids it. The sentence gives the exact line that would allow it.
	Blocked Kind = "blocked"
	// Conflict: the world changed, or somebody else is doing it. The sentence says what changed.
	Conflict Kind = "conflict"
	// Unavailable: something outside headwater is missing, locked or down. Trying again may help.
	Unavailable Kind = "unavailable"
	// Internal: a bug or a foreign error that has no better kind. The caller sees a log id, never the cause.
	Internal Kind = "internal"
)

// Error is a kind, a sentence for the caller, and the cause for the log.
type Error struct {
	Kind    Kind
	Message string
	Cause   error
}

// Error returns the sentence without the cause.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause, which may be nil.
func (e *Error) Unwrap() error { return e.Cause }

// New makes an error of a kind with a formatted sentence.
func New(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// Wrap is New with a cause that goes to the log and not to the caller.
func Wrap(cause error, kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...), Cause: cause}
}

// KindOf returns the kind of the outermost fault in err's chain, and Internal where there is none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}
