// Package wire is where Go values become protocol: it turns one function with an input and an output struct into a tool
// with its two JSON schemas, decodes arguments strictly, encodes answers, maps faults, and serves the tools over stdio,
// with resources beside them that are read and subscribed to. A tool reaches the client that called it through its context:
// Ask, Progress, Client. It is the only importer of the protocol library besides internal/httpd, which serves the same Server
// over HTTP.
//
// What a tool does is its owner's: this package knows no service, no SQL and no graph.
//
// Invariants. Call is the one path into a tool, for an agent and for a terminal. Arguments that reach a function agree
// with the input schema. An answer that leaves has no null where a list or an object belongs and no control characters.
// An error that leaves is a kind and a sentence; causes stay in the log. There is one recover, for tools and
// resources alike. A tool whose types cannot be described is refused when the server is made, not when it is called. A
// notification about a resource reaches the sessions that subscribed to it and no other.
package wire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"runtime/debug"

	"github.com/headwater-mcp/headwater/fault"
)

// Hints tell a host what a call may do, so that it can decide whether to ask its user first.
type Hints struct {
	ReadOnly    bool // the call changes nothing
	Destructive bool // the call may overwrite or remove what was there
	Idempotent  bool // a second equal call changes nothing more
	OpenWorld   bool // the call reaches systems beyond the ones configured
}

// Tool is one function as agents and terminals see it. Make it with Read or Write.
type Tool struct {
	Name        string
	Title       string
	Description string
	Hints       Hints
	Input       json.RawMessage // JSON schema of the arguments
	Output      json.RawMessage // JSON schema of the answer

	invoke func(context.Context, json.RawMessage) (any, error)
	err    error // why Validate refuses it
}

// Read makes a tool that changes nothing: read-only, idempotent, closed world.
//
// In is a struct; a field without omitempty is required, jsonschema_description is its sentence for the caller, and
// jsonschema:"enum=…,minimum=…,default=…" is enforced as the schema states it. Out is a struct or a pointer to one. What
// they lack is reported by Validate.
func Read[In, Out any](name, title, description string, fn func(context.Context, In) (Out, error)) Tool {
	return construct(name, title, description, Hints{ReadOnly: true, Idempotent: true}, fn)
}

// Write makes a tool that changes something. All hints but ReadOnly, which is false, are the caller's to state.
func Write[In, Out any](name, title, description string, hints Hints, fn func(context.Context, In) (Out, error)) Tool {
	hints.ReadOnly = false
	return construct(name, title, description, hints, fn)
}

func construct[In, Out any](name, title, description string, hints Hints, fn func(context.Context, In) (Out, error)) Tool {
	input, inErr := inputSchema(reflect.TypeFor[In]())
	output, outErr := outputSchema(reflect.TypeFor[Out]())
	tool := Tool{Name: name, Title: title, Description: description, Hints: hints}
	var inJSON, outJSON error
	tool.Input, inJSON = json.Marshal(input)
	tool.Output, outJSON = json.Marshal(output)
	tool.err = errors.Join(inErr, outErr, inJSON, outJSON)
	tool.invoke = func(ctx context.Context, arguments json.RawMessage) (any, error) {
		var in In
		if err := decode(arguments, input, &in); err != nil {
			return nil, err
		}
		return fn(ctx, in)
	}
	return tool
}

// validName is what every known host accepts, narrowed to the house's style.
var validName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

// Validate reports everything that keeps the tool from being served: a name no host would take, a missing text, a type
// that has no schema.
func (t Tool) Validate() error {
	errs := []error{t.err}
	if !validName.MatchString(t.Name) {
		errs = append(errs, errors.New("its name is not lower_snake_case of at most 64 characters"))
	}
	if t.Title == "" || t.Description == "" {
		errs = append(errs, errors.New("it has no title or no description"))
	}
	if t.invoke == nil {
		errs = append(errs, errors.New("it was not made with Read or Write"))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("tool %q: %w", t.Name, err)
	}
	return nil
}

// Call runs the tool on a JSON object of arguments and returns its answer as compact JSON. Errors are faults: Invalid
// with a sentence where the arguments are at fault, the tool's own, and Internal with the cause for everything else.
func (t Tool) Call(ctx context.Context, arguments json.RawMessage) (json.RawMessage, error) {
	out, err := t.answer(ctx, arguments)
	return out.body, err
}

// answer is Call with the part of the answer that goes to _meta.
func (t Tool) answer(ctx context.Context, arguments json.RawMessage) (answer, error) {
	return guarded(t.Name, func() (any, error) {
		if err := t.Validate(); err != nil {
			return nil, fault.Wrap(err, fault.Internal, "%s cannot be called.", t.Name)
		}
		if err := ctx.Err(); err != nil {
			return nil, err //nolint:wrapcheck // guarded gives it a kind
		}
		return t.invoke(ctx, arguments)
	})
}

// guarded runs what a tool or a resource is made of and encodes what it returns. Its errors are faults, and a panic is one.
func guarded(name string, run func() (any, error)) (out answer, err error) {
	defer func() {
		if r := recover(); r != nil {
			out, err = answer{}, fault.Wrap(fmt.Errorf("panic: %v\n%s", r, debug.Stack()), fault.Internal, "%s failed.", name)
		}
	}()
	value, err := run()
	if err != nil {
		return answer{}, faultOf(name, err)
	}
	out, err = encodeAnswer(value)
	if err != nil {
		return answer{}, faultOf(name, err)
	}
	return out, nil
}

// faultOf leaves faults as they are and gives a kind to everything else.
func faultOf(name string, err error) error {
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	switch {
	case errors.Is(err, context.Canceled):
		return fault.Wrap(err, fault.Unavailable, "%s was cancelled before it had an answer.", name)
	case errors.Is(err, context.DeadlineExceeded):
		return fault.Wrap(err, fault.Unavailable, "%s ran out of time: ask about fewer nodes or periods, or try again.", name)
	default:
		return fault.Wrap(err, fault.Internal, "%s failed.", name)
	}
}
