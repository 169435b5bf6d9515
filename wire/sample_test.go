package wire_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/wire"
)

// grain is a text type that refuses what it does not know, as the domain's do.
type grain struct{ name string }

func (g grain) MarshalText() ([]byte, error) { return []byte(g.name), nil }

func (g *grain) UnmarshalText(text []byte) error {
	if string(text) != "day" && string(text) != "week" {
		return fault.New(fault.Invalid, "valid grains are day and week.")
	}
	g.name = string(text)
	return nil
}

type span struct {
	First time.Time  `json:"first"`
	Last  *time.Time `json:"last"`
}

// searchInput has a field of every kind that tools use.
type searchInput struct {
	Node      string            `json:"node" jsonschema_description:"unique_id, name or relation name."`
	Direction string            `json:"direction,omitempty" jsonschema:"enum=upstream,enum=downstream,enum=both,default=both" jsonschema_description:"Which way to walk."`
	Depth     int               `json:"depth,omitempty" jsonschema:"minimum=1,maximum=20,default=1" jsonschema_description:"How many steps."`
	Ratio     float64           `json:"ratio,omitempty"`
	Strict    bool              `json:"strict,omitempty"`
	Types     []string          `json:"types,omitempty" jsonschema:"enum=model,enum=source,maxItems=2"`
	Where     map[string]string `json:"where,omitempty"`
	Grain     *grain            `json:"grain,omitempty"`
	Span      *span             `json:"span,omitempty"`
	Extra     json.RawMessage   `json:"extra,omitempty"`
}

type provenance struct {
	AsOf     time.Time `json:"as_of"`
	Warnings []string  `json:"warnings"`
}

type hit struct {
	ID       string              `json:"id"`
	Grain    grain               `json:"grain"`
	Score    *float64            `json:"score"`
	Class    *string             `json:"class" jsonschema:"enum=a,enum=b"`
	Parents  []string            `json:"parents"`
	Counts   map[string]int      `json:"counts"`
	Groups   map[string][]string `json:"groups"`
	Raw      json.RawMessage     `json:"raw,omitempty"`
	Value    any                 `json:"value"`
	Optional *string             `json:"optional,omitempty"`
	Later    []string            `json:"later,omitzero"`
	hidden   int
}

type searchOutput struct {
	provenance

	Asked searchInput `json:"asked"`
	Hits  []hit       `json:"hits"`
	Best  *hit        `json:"best"`

	elapsed time.Duration
}

func (o searchOutput) Meta() map[string]any {
	return map[string]any{"headwater/elapsed_ms": o.elapsed.Milliseconds()}
}

type none struct{}

type said struct {
	Text string `json:"text"`
}

// sampleTools are a tool that answers, and one for each way of not answering.
func sampleTools(t *testing.T) []wire.Tool {
	t.Helper()
	return []wire.Tool{
		wire.Read("search", "Search", "Finds nodes.", func(_ context.Context, in searchInput) (*searchOutput, error) {
			return &searchOutput{Asked: in, Hits: []hit{{ID: in.Node, hidden: 1}}, elapsed: 5 * time.Millisecond}, nil
		}),
		wire.Write("erase", "Erase", "Erases a text.", wire.Hints{Destructive: true}, func(_ context.Context, in said) (said, error) {
			return in, nil
		}),
		wire.Read("lost", "Lost", "Never finds it.", func(context.Context, none) (said, error) {
			return said{}, fault.Wrap(errors.New("secret: table x"), fault.NotFound, "There is no node %s. Call find_nodes.", "a\x1b[31mb")
		}),
		wire.Read("locked", "Locked", "Always locked.", func(context.Context, none) (said, error) {
			return said{}, fault.New(fault.Unavailable, "The warehouse is locked.")
		}),
		wire.Read("foreign", "Foreign", "Fails with somebody else's error.", func(context.Context, none) (said, error) {
			return said{}, errors.New("secret: dial tcp 10.0.0.1")
		}),
		wire.Read("panics", "Panics", "Panics.", func(context.Context, none) (said, error) { panic("secret: index") }),
		wire.Read("nothing", "Nothing", "Returns nothing.", func(context.Context, none) (*said, error) { return nil, nil }),
		wire.Read("wait", "Wait", "Waits until it is cancelled.", func(ctx context.Context, _ none) (said, error) {
			<-ctx.Done()
			return said{}, ctx.Err()
		}),
	}
}

func sampleServer(t *testing.T, log io.Writer) *wire.Server {
	t.Helper()
	s, err := wire.NewServer(wire.Info{Name: "sample", Version: "1.2.3", Instructions: "Start with search.", Now: time.Now},
		sampleTools(t), nil, nil, zerolog.New(log))
	require.NoError(t, err)
	return s
}

func sampleTool(t *testing.T, name string) wire.Tool {
	t.Helper()
	for _, tool := range sampleTools(t) {
		if tool.Name == name {
			return tool
		}
	}
	t.Fatalf("no sample tool %s", name)
	return wire.Tool{}
}

// compact is a JSON text without the white space that makes it readable in a test.
func compact(t *testing.T, text string) string {
	t.Helper()
	var value any
	require.NoError(t, json.NewDecoder(strings.NewReader(text)).Decode(&value), text)
	out, err := json.Marshal(value)
	require.NoError(t, err)
	return string(out)
}
