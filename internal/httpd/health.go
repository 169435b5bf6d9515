package httpd

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/headwater-mcp/headwater/wire"
)

// ending is whether the server was told to end.
type ending struct{ begun atomic.Bool }

// health says that the process lives.
func (*Server) health(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]string{"status": "ok"})
}

// readyPatience is how long readiness may take to find out.
const readyPatience = 5 * time.Second

// ready says whether requests should be sent here. It says nothing of the project: anybody may ask.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyPatience)
	defer cancel()
	why := ""
	switch {
	case s.ending.begun.Load():
		why = "ending"
	case s.issuerSilent(): //nolint:contextcheck // what it learns is kept beyond the request
		why = "issuer"
	default:
		if err := s.o.Ready(ctx); err != nil {
			why = "project"
			_ = wire.Public(s.o.Log, "readyz", err) // the log has the reason
		}
	}
	if why != "" {
		answer(w, http.StatusServiceUnavailable, map[string]string{"status": "not ready", "reason": why})
		return
	}
	answer(w, http.StatusOK, map[string]string{"status": "ready"})
}

// issuerSilent reports whether there is an issuer that has not said where its keys are.
func (s *Server) issuerSilent() bool {
	if s.users == nil || s.users.provider == nil {
		return false
	}
	_, err := s.users.provider.ready()
	return err != nil
}
