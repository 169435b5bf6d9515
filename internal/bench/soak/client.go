package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strconv"
	"strings"
)

// object is a JSON object.
type object = map[string]any

// client is one agent: a user with connections of its own, in one era of the protocol.
type client struct {
	http   *http.Client
	url    string
	token  string
	modern bool
	// session is that of the older era, once it has one.
	session string
	asked   int
}

func newClient(url, token string, modern bool) *client {
	return &client{http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4}}, url: url, token: token, modern: modern}
}

// Versions of the protocol.
const (
	older = "2025-11-25"
	newer = "2026-07-28"
)

// refusal is an answer that says that something cannot be had.
type refusal struct {
	what, kind, message string
}

func (r *refusal) Error() string { return r.what + ": " + r.kind + ": " + r.message }

// enter begins a session, where the era has any.
func (c *client) enter(ctx context.Context) error {
	if c.modern {
		_, err := c.ask(ctx, "server/discover", "", object{})
		return err
	}
	_, err := c.ask(ctx, "initialize", "", object{
		"protocolVersion": older, "capabilities": object{}, "clientInfo": object{"name": "soak", "version": "1"},
	})
	if err != nil {
		return err
	}
	response, err := c.send(ctx, http.MethodPost, "", "", object{"jsonrpc": "2.0", "method": "notifications/initialized"})
	if err != nil {
		return err
	}
	return discard(response, http.StatusAccepted)
}

// leave ends the session and closes the connections.
func (c *client) leave(ctx context.Context) error {
	defer c.http.CloseIdleConnections()
	if c.session == "" {
		return nil
	}
	response, err := c.send(ctx, http.MethodDelete, "", "", nil)
	c.session = ""
	if err != nil {
		return err
	}
	return discard(response, http.StatusNoContent)
}

// call calls a tool and returns its answer. A tool that refuses is a *refusal.
func (c *client) call(ctx context.Context, tool string, arguments object) (json.RawMessage, error) {
	result, err := c.ask(ctx, "tools/call", tool, object{"name": tool, "arguments": arguments})
	if err != nil {
		return nil, err
	}
	var answer struct {
		IsError    bool            `json:"isError"`           //nolint:tagliatelle // the protocol's
		Structured json.RawMessage `json:"structuredContent"` //nolint:tagliatelle // the protocol's
	}
	if err := json.Unmarshal(result, &answer); err != nil {
		return nil, fmt.Errorf("%s: %w: %s", tool, err, result)
	}
	if !answer.IsError {
		return answer.Structured, nil
	}
	var body struct {
		Error struct {
			Kind    string `json:"kind"`
			Message string `json:"message"`
		} `json:"error"`
	}
	if err := json.Unmarshal(answer.Structured, &body); err != nil {
		return nil, fmt.Errorf("%s: %w: %s", tool, err, result)
	}
	return nil, &refusal{tool, body.Error.Kind, body.Error.Message}
}

// read reads a resource, which is JSON.
func (c *client) read(ctx context.Context, uri string) (json.RawMessage, error) {
	result, err := c.ask(ctx, "resources/read", uri, object{"uri": uri})
	if err != nil {
		return nil, err
	}
	var answer struct {
		Contents []struct {
			Text string `json:"text"`
		} `json:"contents"`
	}
	if err := json.Unmarshal(result, &answer); err != nil || len(answer.Contents) != 1 {
		return nil, fmt.Errorf("%s: no content: %s", uri, result)
	}
	return json.RawMessage(answer.Contents[0].Text), nil
}

// ask sends a request and waits for its result. name is what a header of the newer era repeats of it.
func (c *client) ask(ctx context.Context, method, name string, params object) (json.RawMessage, error) {
	response, err := c.request(ctx, method, name, params)
	if err != nil {
		return nil, err
	}
	defer func() {
		_, _ = io.Copy(io.Discard, response.Body) // so that the connection is used again
		_ = response.Body.Close()
	}()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(response.Body) // what there is of it
		return nil, fmt.Errorf("%s %s: %s: %s", method, name, response.Status, text)
	}
	if method == "initialize" {
		c.session = response.Header.Get("Mcp-Session-Id")
	}
	for m := range messages(response) {
		if m.err != nil {
			return nil, fmt.Errorf("%s %s: %w", method, name, m.err)
		}
		if m.Error != nil {
			return nil, &refusal{method + " " + name, strconv.Itoa(m.Error.Code), m.Error.Message}
		}
		if m.Result != nil {
			return m.Result, nil
		}
	}
	return nil, fmt.Errorf("%s %s: the response has no answer", method, name)
}

func (c *client) request(ctx context.Context, method, name string, params object) (*http.Response, error) {
	c.asked++
	if c.modern {
		params["_meta"] = object{
			"io.modelcontextprotocol/protocolVersion": newer, "io.modelcontextprotocol/clientCapabilities": object{},
			"io.modelcontextprotocol/clientInfo": object{"name": "soak", "version": "1"},
		}
	}
	return c.send(ctx, http.MethodPost, method, name, object{"jsonrpc": "2.0", "id": c.asked, "method": method, "params": params})
}

func (c *client) send(ctx context.Context, verb, method, name string, message object) (*http.Response, error) {
	var body io.Reader = http.NoBody
	if message != nil {
		text, err := json.Marshal(message)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", method, err)
		}
		body = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, verb, c.url, body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	if c.session != "" {
		r.Header.Set("Mcp-Session-Id", c.session)
	}
	if c.modern {
		r.Header.Set("Mcp-Protocol-Version", newer)
		r.Header.Set("Mcp-Method", method)
		if name != "" {
			r.Header.Set("Mcp-Name", name)
		}
	}
	response, err := c.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, name, err)
	}
	return response, nil
}

// discard ends a response that has nothing to say but its status.
func discard(response *http.Response, status int) error {
	text, err := io.ReadAll(response.Body)
	if closed := response.Body.Close(); err == nil {
		err = closed
	}
	if err == nil && response.StatusCode != status {
		err = fmt.Errorf("%s instead of %d: %s", response.Status, status, text)
	}
	return err
}

// message is one of a response.
type message struct {
	Method string `json:"method"`
	Params struct {
		URI string `json:"uri"`
	} `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"error"`

	err error
}

// longestMessage is the longest line of a stream, in bytes.
const longestMessage = 16 << 20

// messages are those of a response, a JSON document or a stream of events, as they come.
func messages(response *http.Response) iter.Seq[message] {
	return func(yield func(message) bool) {
		if !strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream") {
			var m message
			m.err = json.NewDecoder(response.Body).Decode(&m)
			yield(m)
			return
		}
		lines := bufio.NewScanner(response.Body)
		lines.Buffer(nil, longestMessage)
		for lines.Scan() {
			data, ok := strings.CutPrefix(lines.Text(), "data: ")
			if !ok {
				continue
			}
			var m message
			m.err = json.Unmarshal([]byte(data), &m)
			if !yield(m) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(message{err: err})
		}
	}
}
