package httpd

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// fromHere refuses requests that a foreign page sends by way of somebody's browser: under a name that is not the server's (DNS
// rebinding), or with the Origin of a page that nobody allowed. Programs send no Origin.
func (s *Server) fromHere(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.isOurs(r.Host) {
			refuse(w, http.StatusForbidden, "Host is not a name of this server. Start it with --allow-host or --public-url to serve under another name.")
			return
		}
		origin := r.Header.Get("Origin")
		if origin == "" {
			next.ServeHTTP(w, r)
			return
		}
		if !s.isAllowed(origin, r.Host) {
			refuse(w, http.StatusForbidden, "Web pages of this Origin may not send requests. Start the server with --allow-origin to let them.")
			return
		}
		header := w.Header()
		header.Set("Access-Control-Allow-Origin", origin)
		header.Add("Vary", "Origin")
		header.Set("Access-Control-Expose-Headers", "Mcp-Session-Id, WWW-Authenticate, Retry-After, X-Request-Id")
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			header.Set("Access-Control-Allow-Methods", "GET, POST, DELETE")
			header.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Accept, Last-Event-ID, Mcp-Session-Id, "+
				"Mcp-Protocol-Version, Mcp-Method, Mcp-Name")
			header.Set("Access-Control-Max-Age", "600")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isOurs reports whether a Host header names this server.
func (s *Server) isOurs(host string) bool {
	name := hostname(host)
	listen, _, _ := net.SplitHostPort(s.o.Listen)
	switch {
	case name == "":
		return false
	case loopback(listen) && loopback(name), strings.EqualFold(name, listen), strings.EqualFold(name, s.public.Hostname()):
		return true
	default:
		return slices.ContainsFunc(s.o.Hosts, func(h string) bool { return strings.EqualFold(name, hostname(h)) })
	}
}

func (s *Server) isAllowed(origin, host string) bool {
	if slices.ContainsFunc(s.o.Origins, func(o string) bool { return strings.EqualFold(o, origin) }) {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, host)
}

// hostname is the name in host or host:port.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.Trim(host, "[]")
}
