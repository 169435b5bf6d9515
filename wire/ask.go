package wire

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/invopop/jsonschema"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/headwater-mcp/headwater/fault"
)

// Reply is how a question ended.
type Reply string

const (
	// Accepted: the person agreed, and the answer holds what was entered.
	Accepted Reply = "accept"
	// Declined: the person said no.
	Declined Reply = "decline"
	// Dismissed: the person closed the question without an answer to it, or a host did so for want of a person.
	Dismissed Reply = "cancel"
)

// CanAsk reports whether the client that made the call of ctx can put a form before a person. In a terminal nobody can.
func CanAsk(ctx context.Context) bool {
	if callOf(ctx) == nil {
		return false
	}
	capabilities := mcp.ClientCapabilities{}
	if request := server.RequestProtocolInfoFromContext(ctx); request != nil && request.Modern {
		if request.ClientCapabilities != nil {
			capabilities = *request.ClientCapabilities
		}
	} else if session, ok := server.ClientSessionFromContext(ctx).(introduced); ok {
		capabilities = session.GetClientCapabilities()
	}
	can := capabilities.Elicitation
	return can != nil && (can.Form != nil || can.URL == nil) // neither means a form, as it did before there was a choice
}

// Ask puts a question before the person behind the client, and returns the answer and how it ended. T is a struct of strings,
// numbers and booleans with the tags of a tool's input, or an empty one where yes or no is all there is to say; it is zero
// unless the reply is Accepted.
//
// Two eras answer in two ways, and a tool that asks must be right in both. In the older one Ask waits, as long as ctx lets it.
// In the newer one the call ends with the question, as an error that the tool returns as it is, and the client calls again
// with the answer: then Ask returns it. So whatever a tool does before it asks is done twice, it must ask the same of the same
// arguments, and nothing may be changed before the answer. The answer holds for the same user, tool, arguments and question,
// for a quarter of an hour, and once.
//
// Errors: Unavailable where the client cannot ask (see CanAsk) or fails to, Invalid where what it answers does not fit T, ctx's.
func Ask[T any](ctx context.Context, message string) (answer T, reply Reply, err error) {
	var none T
	if !CanAsk(ctx) {
		return none, "", fault.New(fault.Unavailable, "The client cannot ask its user a question: it has not declared elicitation.")
	}
	schema, form, err := formOfQuestion(reflect.TypeFor[T]())
	if err != nil {
		return none, "", fault.Wrap(err, fault.Internal, "The question cannot be asked.")
	}
	got, err := callOf(ctx).question(ctx, clean(message), form)
	if err != nil || got.Reply != Accepted {
		return none, got.Reply, err
	}
	if err := decode(got.Content, schema, &answer); err != nil {
		return none, "", fault.Wrap(err, fault.Invalid, "The answer to the question does not fit it: %s", err)
	}
	return answer, Accepted, nil
}

// given is one answer. Question is the digest of what was asked.
type given struct {
	Question string          `json:"question"`
	Reply    Reply           `json:"reply"`
	Content  json.RawMessage `json:"content,omitempty"`
}

// unanswered ends a call of the newer era whose tool has asked.
type unanswered struct {
	message  string
	form     json.RawMessage
	question string
	before   []given // the answers to the questions before it
}

func (u *unanswered) Error() string { return "the client has to ask its user first" }

func (c *call) question(ctx context.Context, message string, form json.RawMessage) (given, error) {
	if c.over() {
		return given{}, fault.New(fault.Internal, "The question comes after the answer of the call.")
	}
	if server.IsModernRequest(ctx) {
		return c.recall(message, form)
	}
	back := stepAside(ctx)
	defer back()
	c.limit.Stop() // a person takes the time that they take
	defer c.limit.Reset(callLimit)
	result, err := c.server.mcp.RequestElicitation(ctx, mcp.ElicitationRequest{
		Request: mcp.Request{Method: string(mcp.MethodElicitationCreate)},
		Params:  mcp.ElicitationParams{Message: message, RequestedSchema: form},
	})
	switch {
	case ctx.Err() != nil:
		return given{}, ctx.Err() //nolint:wrapcheck // guarded gives it a kind
	case err != nil:
		if _, ok := errors.AsType[*fault.Error](err); ok {
			return given{}, err //nolint:wrapcheck // the session's own
		}
		return given{}, fault.Wrap(err, fault.Unavailable, "The client failed to ask its user.")
	}
	return replied(result, "")
}

func (c *call) over() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended
}

// recall returns the answer that the client brought along, or the question as an error. An answer to another question, and
// those after it, are none: what a person saw is what was agreed to.
func (c *call) recall(message string, form json.RawMessage) (given, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	question := digest(message, string(form))
	n := c.asked
	c.asked++
	if n < len(c.answers) && c.answers[n].Question == question {
		return c.answers[n], nil
	}
	c.answers = c.answers[:min(n, len(c.answers))]
	return given{}, &unanswered{message: message, form: form, question: question, before: slices.Clone(c.answers)}
}

// ask is the result that asks the client of the newer era, and to call again.
func (c *call) ask(ctx context.Context, open *unanswered) *mcp.CallToolResult {
	state, err := c.server.seal.close(ticket{
		Owner: owner(ctx), Tool: c.tool, Arguments: digest(string(c.arguments)), Question: open.question, Before: open.before,
	})
	if err != nil {
		return failed(Public(c.server.log(ctx), c.tool, err))
	}
	result := server.NewInputRequestBuilder(state).
		Elicit(questionID, mcp.ElicitationParams{Message: open.message, RequestedSchema: open.form}).ToolResult()
	result.Content = []mcp.Content{}
	return result
}

// questionID names the one question of an input request.
const questionID = "question"

// resume takes the answer that the client of the newer era brings along when it calls again. Its errors are faults.
func (c *call) resume(ctx context.Context, trip mcp.MultiRoundTripParams) error {
	if trip.RequestState == "" { // an answer without it is to no question: the tool asks
		return nil
	}
	t, err := c.server.seal.open(trip.RequestState, c.tool)
	if err != nil {
		return err
	}
	if t.Owner != owner(ctx) || t.Tool != c.tool || t.Arguments != digest(string(c.arguments)) {
		return fault.New(fault.Invalid, "The answer was given to another call than this one. "+
			"Call %s without requestState and inputResponses to be asked about this one.", c.tool)
	}
	if err := c.server.seal.spend(t, c.tool); err != nil {
		return err
	}
	c.answers = t.Before
	result := server.ElicitationResponse(trip.InputResponses, questionID)
	if result == nil { // asked again
		return nil
	}
	answer, err := replied(result, t.Question)
	c.answers = append(c.answers, answer)
	return err
}

// owner is who an answer belongs to: the user, and the session where the transport has any.
func owner(ctx context.Context) string {
	id := ""
	if session := server.ClientSessionFromContext(ctx); session != nil {
		id = session.SessionID()
	}
	return digest(User(ctx), id)
}

// replied reads the result of elicitation/create.
func replied(result *mcp.ElicitationResult, question string) (given, error) {
	reply := Reply(result.Action)
	if reply != Accepted && reply != Declined && reply != Dismissed {
		return given{}, fault.New(fault.Unavailable, "The client's answer to a question cannot be read: its action is %s; valid: %s, %s, %s.",
			shown(string(result.Action)), Accepted, Declined, Dismissed)
	}
	out := given{Question: question, Reply: reply}
	if reply == Accepted {
		content, err := json.Marshal(result.Content)
		if err != nil {
			return given{}, fault.Wrap(err, fault.Unavailable, "The client's answer to a question cannot be read.")
		}
		out.Content = content
	}
	return out, nil
}

// formOfQuestion is the schema that an answer is held against, and the same as clients take it: flat, and without a word on
// other properties.
func formOfQuestion(t reflect.Type) (*jsonschema.Schema, json.RawMessage, error) {
	schema, err := inputSchema(t)
	if err != nil {
		return nil, nil, err
	}
	properties := map[string]json.RawMessage{}
	for name, property := range schema.Properties.FromOldest() {
		if !slices.Contains([]string{"string", "integer", "number", "boolean"}, property.Type) {
			return nil, nil, fmt.Errorf("field %s is not a text, a number or a boolean", name)
		}
		if properties[name], err = json.Marshal(property); err != nil {
			return nil, nil, fmt.Errorf("field %s: %w", name, err)
		}
	}
	form := map[string]any{"type": "object", "properties": properties}
	if len(schema.Required) > 0 {
		form["required"] = schema.Required
	}
	text, err := json.Marshal(form)
	if err != nil {
		return nil, nil, fmt.Errorf("encode the form: %w", err)
	}
	return schema, text, nil
}

// digest is a fingerprint of texts in their order.
func digest(texts ...string) string {
	sum := sha256.New()
	for _, text := range texts {
		fmt.Fprintf(sum, "%d:%s", len(text), text)
	}
	return base64.RawURLEncoding.EncodeToString(sum.Sum(nil))
}
