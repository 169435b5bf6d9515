// Package httpd serves a wire.Server over HTTP to more than the user of one machine: it decides who may ask (tokens of a file,
// OIDC), from where (Host, Origin), how much and how often, and says how the server is (health, readiness, metrics, log,
// traces). The protocol is wire's, and what a tool does its owner's.
//
// Invariants. Nothing but health and the metadata that says how to log in is answered before the user is known, where users are
// known at all; an address that others reach is not served without. A token, or what was sent as one, stands in no log, trace,
// metric or answer. Every request that reaches a tool carries the name of its user and the tools that they may call.
package httpd

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel/trace"

	"github.com/headwater-mcp/headwater/wire"
)

// Endpoint is where the protocol is served.
const Endpoint = "/mcp"

// Options say what is served, and to whom.
type Options struct {
	// Listen is host:port. Only loopback addresses are served without Tokens or OIDC.
	Listen string
	// PublicURL is the endpoint as clients know it, where something stands between: https://headwater.example.com/mcp.
	PublicURL string
	// Hosts are names under which requests may come beside those of Listen and PublicURL, each with any port.
	Hosts []string
	// Origins are those of web pages that may send requests: https://app.example.com. The page of the server itself may.
	Origins []string

	// Tokens is a file of Lines; "" is none.
	Tokens string
	// Issuer and Audience turn OIDC on: tokens that Issuer signed for Audience.
	Issuer, Audience string

	// Rate is how many requests a second one user may send on average, Burst how many at once. Not positive: 20 and 60.
	Rate  float64
	Burst int
	// Drain is how long what runs may go on after the server was told to end. Not positive: 30 seconds.
	Drain time.Duration
	// Limits are those of the protocol; Now, Forbid and Observe are set here.
	Limits wire.HTTPOptions

	// Ready says why the server cannot answer yet, where it cannot.
	Ready func(ctx context.Context) error
	// Tracer makes spans; nil makes none.
	Tracer trace.Tracer
	Log    zerolog.Logger
	Now    func() time.Time
}

// Server serves until it is told to end.
type Server struct {
	o      Options
	public *url.URL
	mcp    *wire.HTTP
	users  *users
	limits *limiter
	watch  *watch
	ending ending
}

// New makes a server of what build returns, which is given the rule that decides which tools a user may call. Its errors are
// faults: Invalid where options contradict each other or would open the server to everybody, Unavailable where the file of
// tokens cannot be read.
func New(o Options, build func(allows func(ctx context.Context, tool string) bool) (*wire.Server, error)) (*Server, error) {
	defaults(&o)
	public, err := validate(&o)
	if err != nil {
		return nil, err
	}
	s := &Server{o: o, public: public, limits: newLimiter(o.Rate, o.Burst, o.Now)}
	if s.users, err = newUsers(&o); err != nil {
		return nil, err
	}
	protocol, err := build(allows)
	if err != nil {
		return nil, err
	}
	limits := o.Limits
	limits.Now, limits.Forbid, limits.Observe = o.Now, s.forbid, s.observe
	s.mcp = wire.NewHTTP(protocol, limits)
	s.watch = newWatch(s.mcp.Sessions)
	return s, nil
}

func defaults(o *Options) {
	if o.Rate <= 0 {
		o.Rate = 20
	}
	if o.Burst <= 0 {
		o.Burst = 60
	}
	if o.Drain <= 0 {
		o.Drain = 30 * time.Second
	}
	if o.Ready == nil {
		o.Ready = func(context.Context) error { return nil }
	}
}

// Handler is everything that is served.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", s.health)
	mux.HandleFunc("GET /readyz", s.ready)
	mux.Handle("GET /metrics", s.fromHere(s.known(s.watch.handler())))
	mux.Handle(Endpoint, s.fromHere(s.known(s.limited(s.mcp))))
	if s.users != nil {
		mux.HandleFunc("GET "+metadataPath, s.metadata)
		mux.HandleFunc("GET "+metadataPath+Endpoint, s.metadata)
	}
	return s.recorded(s.shielded(mux))
}

// shielded sets the headers that every answer has.
func (*Server) shielded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		header.Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}
