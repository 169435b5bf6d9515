package wire

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	peers "github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

// overHTTP serves s to users that say who they are.
func overHTTP(t *testing.T, s *Server, o HTTPOptions) (string, *HTTP) {
	t.Helper()
	o.Now = time.Now
	h := NewHTTP(s, o)
	served := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(WithUser(r.Context(), r.URL.Query().Get("user"))))
	}))
	t.Cleanup(func() {
		h.Close()
		served.Close()
		h.Forget()
	})
	return served.URL, h
}

type agreement struct {
	Sure bool `json:"sure"`
}

type agreed struct {
	Reply Reply  `json:"reply"`
	User  string `json:"user"`
}

// yes answers every question.
type yes struct{}

func (yes) Elicit(context.Context, mcp.ElicitationRequest) (*mcp.ElicitationResult, error) {
	return &mcp.ElicitationResult{ElicitationResponse: mcp.ElicitationResponse{
		Action: mcp.ElicitationResponseActionAccept, Content: map[string]any{"sure": true},
	}}, nil
}

// httpServer has a tool that asks and a document that is watched.
func httpServer(t *testing.T, begun, ended chan<- struct{}) *Server {
	t.Helper()
	s, err := NewServer(Info{Name: "http", Version: "1", Now: time.Now}, []Tool{
		Write("start", "Start", "Asks.", Hints{}, func(ctx context.Context, _ struct{}) (agreed, error) {
			answer, reply, err := Ask[agreement](ctx, "Sure?")
			if err == nil && !answer.Sure {
				reply = Declined
			}
			return agreed{Reply: reply, User: User(ctx)}, err
		}),
	}, []Resource{{
		Name: "run", Title: "Run", Description: "A run.", URI: "s://run/{id}",
		Read: func(_ context.Context, variables map[string]string) (any, error) { return variables, nil },
		Watch: func(ctx context.Context, _ map[string]string, _ func()) {
			begun <- struct{}{}
			<-ctx.Done()
			ended <- struct{}{}
		},
	}}, nil, zerolog.Nop())
	require.NoError(t, err)
	return s
}

func httpClient(t *testing.T, url, version string) (c *peers.Client, heard <-chan string) {
	t.Helper()
	options := []transport.StreamableHTTPCOption{
		transport.WithHTTPLogger(slog.New(slog.DiscardHandler)),
	}
	if version != mcp.ProtocolVersion20260728 { // whose stream is the one that listens
		options = append(options, transport.WithContinuousListening()) //nolint:staticcheck // the older era's way
	}
	over, err := transport.NewStreamableHTTP(url+"?user=ann", options...)
	require.NoError(t, err)
	c = peers.NewClient(over, peers.WithElicitationHandler(yes{}), peers.WithProtocolVersion(version))
	updates := make(chan string, 10)
	c.OnNotification(func(n mcp.JSONRPCNotification) {
		if uri, ok := n.Params.AdditionalFields["uri"].(string); ok && n.Method == mcp.MethodNotificationResourceUpdated {
			updates <- uri
		}
	})
	require.NoError(t, c.Start(t.Context()))
	_, err = c.Initialize(t.Context(), mcp.InitializeRequest{Params: mcp.InitializeParams{
		ProtocolVersion: version, ClientInfo: mcp.Implementation{Name: "peer", Version: "0"},
	}})
	require.NoError(t, err)
	return c, updates
}

func TestOverHTTPASubscriberHearsAndAUserIsAsked(t *testing.T) {
	t.Parallel()
	for _, version := range []string{mcp.ProtocolVersion20260728, mcp.ProtocolVersion20251125} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			begun, ended := make(chan struct{}, 1), make(chan struct{}, 1)
			s := httpServer(t, begun, ended)
			url, _ := overHTTP(t, s, HTTPOptions{})
			c, heard := httpClient(t, url, version)
			other, silent := httpClient(t, url, version)

			read, err := c.ReadResource(t.Context(), mcp.ReadResourceRequest{Params: mcp.ReadResourceParams{URI: "s://run/a%2Fb"}})
			require.NoError(t, err)
			text, ok := read.Contents[0].(mcp.TextResourceContents)
			require.True(t, ok)
			require.JSONEq(t, `{"id":"a/b"}`, text.Text)

			called, err := c.CallTool(t.Context(), mcp.CallToolRequest{Params: mcp.CallToolParams{Name: "start"}})
			require.NoError(t, err)
			require.JSONEq(t, `{"reply":"accept","user":"ann"}`, string(called.RawStructuredContent))

			if version == mcp.ProtocolVersion20260728 {
				_, err = c.ListenAsync(t.Context(), mcp.SubscriptionFilter{ResourceSubscriptions: []string{"s://run/a"}}, nil)
			} else {
				err = c.Subscribe(t.Context(), mcp.SubscribeRequest{Params: mcp.SubscribeParams{URI: "s://run/a"}}) //nolint:staticcheck // the same
			}
			require.NoError(t, err)
			<-begun
			s.Changed("s://run/a")
			require.Equal(t, "s://run/a", <-heard)

			require.NoError(t, c.Close())
			<-ended
			require.NoError(t, other.Close())
			require.Empty(t, silent)
		})
	}
}
