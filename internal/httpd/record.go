package httpd

import (
	"context"
	"crypto/rand"
	"net/http"
	"regexp"

	"github.com/rs/zerolog"

	"github.com/headwater-mcp/headwater/wire"
)

// record is what is known of one request when it has ended.
type record struct {
	id      string
	user    string
	method  string // of the protocol
	tool    string
	failure string
	status  int
}

type recordKey struct{}

// of is the record of a request. Outside of any, it is one that nobody reads.
func of(ctx context.Context) *record {
	if r, ok := ctx.Value(recordKey{}).(*record); ok {
		return r
	}
	return &record{}
}

// validID is an id that a proxy may have given.
var validID = regexp.MustCompile(`^[A-Za-z0-9._-]{8,128}$`)

// recorded gives a request its id and a log that names it, and writes one line when it has ended. The line has no header, no
// query and no body.
func (s *Server) recorded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := &record{id: r.Header.Get("X-Request-ID"), status: http.StatusOK}
		if !validID.MatchString(seen.id) {
			seen.id = rand.Text()
		}
		w.Header().Set("X-Request-ID", seen.id)
		log := s.o.Log.With().Str("request_id", seen.id).Logger()
		ctx := wire.WithLog(context.WithValue(r.Context(), recordKey{}, seen), log)
		start := s.o.Now()
		s.watch.began()
		defer func() {
			took := s.o.Now().Sub(start)
			s.watch.ended(r, seen, took)
			level := zerolog.InfoLevel
			if seen.status == http.StatusUnauthorized || seen.status == http.StatusForbidden {
				level = zerolog.WarnLevel
			}
			log.WithLevel(level).Str("http", r.Method).Str("path", pathOf(r)).Int("status", seen.status).Str("user", seen.user).
				Str("method", seen.method).Str("tool", seen.tool).Str("failure", seen.failure).Dur("took_ms", took).
				Str("from", r.RemoteAddr).Msg("request")
		}()
		next.ServeHTTP(&recorder{ResponseWriter: w, record: seen}, r.WithContext(ctx))
	})
}

// pathOf is the path as a word of few: paths that are not served are one.
func pathOf(r *http.Request) string {
	switch r.URL.Path {
	case Endpoint, "/healthz", "/readyz", "/metrics", metadataPath, metadataPath + Endpoint:
		return r.URL.Path
	default:
		return "other"
	}
}

// recorder remembers the status. Streams reach the connection through Unwrap.
type recorder struct {
	http.ResponseWriter

	record *record
}

func (r *recorder) WriteHeader(status int) {
	r.record.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
