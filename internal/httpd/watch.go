package httpd

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/headwater-mcp/headwater/wire"
)

// watch counts. Labels have few values, all of them ours: no user, no node and no text of a client.
type watch struct {
	registry *prometheus.Registry
	open     prometheus.Gauge
	requests *prometheus.CounterVec
	calls    *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newWatch(sessions func() int) *watch {
	w := &watch{
		registry: prometheus.NewRegistry(),
		open: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "headwater_http_requests_open", Help: "Requests and streams that are open.",
		}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "headwater_http_requests_total", Help: "Requests that ended, by path, HTTP method and status.",
		}, []string{"path", "method", "status"}),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "headwater_mcp_requests_total", Help: "Requests of the protocol, by method, tool, era and failure (empty: none).",
		}, []string{"method", "tool", "era", "failure"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "headwater_mcp_request_seconds", Help: "How long requests of the protocol took.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
		}, []string{"method", "tool"}),
	}
	w.registry.MustRegister(w.open, w.requests, w.calls, w.seconds, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "headwater_mcp_sessions", Help: "Sessions of the older era."},
			func() float64 { return float64(sessions()) }))
	return w
}

func (w *watch) handler() http.Handler {
	return promhttp.HandlerFor(w.registry, promhttp.HandlerOpts{})
}

func (w *watch) began() { w.open.Inc() }

func (w *watch) ended(r *http.Request, seen *record, _ time.Duration) {
	w.open.Dec()
	w.requests.WithLabelValues(pathOf(r), httpMethod(r.Method), strconv.Itoa(seen.status)).Inc()
}

// httpMethod is a method as a word of few.
func httpMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodPost, http.MethodDelete, http.MethodOptions, http.MethodHead:
		return method
	default:
		return "other"
	}
}

// rpcMethod is a method of the protocol as a word of few.
func rpcMethod(method string) string {
	switch method {
	case "initialize", "ping", "server/discover", "tools/list", "tools/call", "resources/list", "resources/templates/list",
		"resources/read", "resources/subscribe", "resources/unsubscribe", "subscriptions/listen", "prompts/list", "prompts/get",
		"completion/complete", "logging/setLevel":
		return method
	default:
		return "other"
	}
}

// observe is wire's hook: it counts a request of the protocol, and traces it where traces are on.
func (s *Server) observe(ctx context.Context, r wire.Request) (context.Context, func(failure string)) {
	method, era := rpcMethod(r.Method), "older"
	if r.Modern {
		era = "newer"
	}
	seen := of(ctx)
	seen.method, seen.tool = method, r.Tool
	start := s.o.Now()
	ctx, end := s.trace(ctx, method, r)
	return ctx, func(failure string) {
		seen.failure = failure
		end(failure)
		s.watch.calls.WithLabelValues(method, r.Tool, era, failure).Inc()
		s.watch.seconds.WithLabelValues(method, r.Tool).Observe(s.o.Now().Sub(start).Seconds())
	}
}
