package wire_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/wire"
)

type page struct {
	Variables map[string]string `json:"variables"`
	Lines     []string          `json:"lines"`
}

func (page) Meta() map[string]any { return map[string]any{"headwater/age_ms": 7} }

// watching reports what happens to the watch of sample://run/{run_id}.
type watching struct {
	begun, ended chan string
	changed      chan struct{} // makes the document another one
}

// overwrite is what the asking tool is asked.
type overwrite struct {
	Plan string `json:"plan"`
}

// consent is what it asks.
type consent struct {
	Sure bool   `json:"sure" jsonschema_description:"Whether it is meant."`
	Why  string `json:"why,omitempty" jsonschema:"enum=late,enum=wrong,default=late"`
}

type outcome struct {
	Reply   wire.Reply `json:"reply"`
	Consent consent    `json:"consent"`
	Second  wire.Reply `json:"second,omitempty"`
	Client  string     `json:"client"`
	User    string     `json:"user"`
}

// living is a server with documents that change and tools that talk to the client.
type living struct {
	*wire.Server

	watching watching
	log      *lockedBuffer

	mu       sync.Mutex
	now      time.Time
	pairs    int // what the asking tool says is overwritten
	written  int // how often it went ahead
	finished chan struct{}
}

func newLiving(t *testing.T) *living {
	t.Helper()
	l := &living{
		watching: watching{begun: make(chan string, 10), ended: make(chan string, 10), changed: make(chan struct{})},
		log:      &lockedBuffer{}, now: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), pairs: 14, finished: make(chan struct{}),
	}
	server, err := wire.NewServer(wire.Info{Name: "living", Version: "1", Now: l.clock}, l.tools(), l.resources(), nil, zerolog.New(l.log))
	require.NoError(t, err)
	l.Server = server
	return l
}

func (l *living) clock() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

// set changes what the server knows while it runs.
func (l *living) set(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
}

func (l *living) resources() []wire.Resource {
	read := func(_ context.Context, variables map[string]string) (any, error) {
		return page{Variables: variables}, nil
	}
	return []wire.Resource{
		{Name: "status", Title: "Status", Description: "How it is.", URI: "sample://status", Read: read},
		{Name: "facts", Title: "Facts", Description: "What there is.", URI: "sample://facts", Read: read},
		{Name: "node", Title: "Node", Description: "A node.", URI: "sample://node/{id}", Read: read},
		{
			Name: "run", Title: "Run", Description: "A run.", URI: "sample://run/{run_id}",
			Read: func(_ context.Context, variables map[string]string) (any, error) {
				return nil, fault.Wrap(errors.New("secret: no row"), fault.NotFound, "There is no run %s. Call get_backfill.", variables["run_id"])
			},
			Watch: l.watch,
		},
		{Name: "activation", Title: "Activation", Description: "Users.", URI: "sample://activation/{fact}/{grain}", Read: read},
		{Name: "broken", Title: "Broken", Description: "Fails.", URI: "sample://broken/{how}", Read: fails, Watch: panics},
	}
}

func fails(_ context.Context, variables map[string]string) (any, error) {
	switch variables["how"] {
	case "panic":
		panic("secret: index")
	case "locked":
		return nil, fault.New(fault.Unavailable, "The warehouse is locked.")
	case "invalid":
		return nil, fault.New(fault.Invalid, "A day is no grain here.")
	default:
		return nil, errors.New("secret: dial tcp")
	}
}

func panics(context.Context, map[string]string, func()) { panic("secret: watch") }

func (l *living) watch(ctx context.Context, variables map[string]string, changed func()) {
	l.watching.begun <- variables["run_id"]
	defer func() { l.watching.ended <- variables["run_id"] }()
	for {
		select {
		case <-l.watching.changed:
			changed()
		case <-ctx.Done():
			return
		}
	}
}

func (l *living) tools() []wire.Tool {
	hints := wire.Hints{Destructive: true}
	return []wire.Tool{
		wire.Write("start", "Start", "Overwrites after a question.", hints, l.start),
		wire.Write("twice", "Twice", "Asks twice.", hints, l.twice),
		wire.Write("hasty", "Hasty", "Asks for a short time.", hints, func(ctx context.Context, in overwrite) (outcome, error) {
			ctx, cancel := context.WithTimeout(ctx, time.Millisecond)
			defer cancel()
			return l.start(ctx, in)
		}),
		wire.Write("wrong", "Wrong", "Asks what cannot be asked.", hints, func(ctx context.Context, _ none) (none, error) {
			_, _, err := wire.Ask[struct {
				List []string `json:"list"`
			}](ctx, "What?")
			return none{}, err
		}),
		wire.Read("count", "Count", "Counts to three.", func(ctx context.Context, _ none) (none, error) {
			for i, step := range []float64{1, 2, 2, 1, 3} {
				wire.Progress(ctx, step, 3, fmt.Sprintf("step %d\x1b[2J", i))
			}
			context.AfterFunc(ctx, func() {
				wire.Progress(ctx, 4, 0, "after the answer")
				close(l.finished)
			})
			return none{}, nil
		}),
		wire.Read("who", "Who", "Who calls.", func(ctx context.Context, _ none) (outcome, error) {
			name, version := wire.Client(ctx)
			return outcome{Client: name + "/" + version, User: wire.User(ctx)}, nil
		}),
	}
}

// start asks before it writes. What it asks depends on the plan and on what the world has become.
func (l *living) start(ctx context.Context, in overwrite) (outcome, error) {
	l.mu.Lock()
	message := fmt.Sprintf("Overwrite %d partitions of %s?\x1b[2J", l.pairs, in.Plan)
	l.mu.Unlock()
	answer, reply, err := wire.Ask[consent](ctx, message)
	if err != nil {
		return outcome{}, err
	}
	if reply == wire.Accepted {
		l.set(func() { l.written++ })
	}
	return outcome{Reply: reply, Consent: answer}, nil
}

func (l *living) twice(ctx context.Context, in overwrite) (outcome, error) {
	first, err := l.start(ctx, in)
	if err != nil {
		return outcome{}, err
	}
	_, first.Second, err = wire.Ask[none](ctx, "Really?")
	return first, err
}

func (l *living) writes() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.written
}

// able is hello of a client that can ask its user.
var able = strings.Replace(hello, `"capabilities":{}`, `"capabilities":{"elicitation":{}}`, 1)

// modernAble is modern of a client that can ask its user.
func modernAble(id int, method, params string) string {
	return strings.Replace(modern(id, method, params), `clientCapabilities":{}`, `clientCapabilities":{"elicitation":{"form":{}}}`, 1)
}

// older is a request of the era with a handshake.
func older(id int, method, params string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":%q,"params":{%s}}`, id, method, params)
}

// uri is the params of a request about one document.
func uri(text string) string {
	encoded, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return `"uri":` + string(encoded)
}
