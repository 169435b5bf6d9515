package httpd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/wire"
)

// metadataPath is where RFC 9728 has it; the path of the endpoint may follow.
const metadataPath = "/.well-known/oauth-protected-resource"

// errUnknown is a token that nobody gave, or that has ended, or was made for somebody else. Which of these is nobody's business
// who has no good one.
var errUnknown = errors.New("the token is unknown, has ended, or was made for another service")

// users recognises who sends a request; nil where nobody is asked.
type users struct {
	tokens   *tokens
	provider *provider
}

func newUsers(o *Options) (*users, error) {
	if o.Tokens == "" && o.Issuer == "" {
		return nil, nil //nolint:nilnil // nobody is asked
	}
	u := &users{}
	if o.Tokens != "" {
		var err error
		u.tokens, err = newTokens(o.Tokens, o.Now, func(err error) {
			o.Log.Error().Err(err).Msg("the file of tokens cannot be read: none opens anything until it can")
		})
		if err != nil {
			return nil, err
		}
	}
	if o.Issuer != "" {
		u.provider = newProvider(o.Issuer, o.Audience, o.Now)
	}
	return u, nil
}

func (u *users) find(ctx context.Context, token string) (Principal, error) {
	if strings.HasPrefix(token, tokenPrefix) || u.provider == nil {
		if u.tokens == nil {
			return Principal{}, errUnknown
		}
		line, ok := u.tokens.find(token)
		if !ok {
			return Principal{}, errUnknown
		}
		return Principal{Name: line.User, Scopes: line.Scopes}, nil
	}
	return u.provider.find(ctx, token)
}

// known lets pass who is recognised, under their name.
func (s *Server) known(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := Principal{Scopes: scopes()}
		if s.users != nil {
			token, ok := bearer(r)
			if !ok {
				s.challenge(w, "")
				return
			}
			var err error
			if p, err = s.users.find(r.Context(), token); err != nil {
				if known, ok := errors.AsType[*fault.Error](err); ok {
					s.o.Log.Error().Err(known.Cause).Str("issuer", s.o.Issuer).Msg("the issuer of tokens cannot be asked")
					w.Header().Set("Retry-After", "5")
					refuse(w, http.StatusServiceUnavailable, known.Message)
					return
				}
				s.challenge(w, "invalid_token")
				return
			}
			if len(p.Scopes) == 0 {
				s.forbidden(w, Read)
				return
			}
		}
		of(r.Context()).user = p.Name
		// What stands between is not to know it, and nothing after this is to leak it.
		r.Header.Del("Authorization")
		ctx := wire.WithUser(context.WithValue(r.Context(), principalKey{}, p), p.Name)
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// bearer is the token of a request. It is taken from the header only: what stands in a URL stands in logs.
func bearer(r *http.Request) (string, bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	return token, strings.EqualFold(scheme, "Bearer") && token != "" && len(token) <= maxToken && len(r.Header.Values("Authorization")) == 1
}

// maxToken is the longest token in bytes.
const maxToken = 16 << 10

// challenge says that a token is needed and where one is to be had.
func (s *Server) challenge(w http.ResponseWriter, code string) {
	how, why := fmt.Sprintf(`Bearer resource_metadata=%q, scope=%q`, s.metadataURL(), joinScopes(scopes(), " ")), "A bearer token is needed."
	if code != "" {
		how = fmt.Sprintf(`Bearer error=%q, error_description=%q, resource_metadata=%q`, code, errUnknown, s.metadataURL())
		why = "The token is unknown, has ended, or was made for another service."
	}
	w.Header().Set("WWW-Authenticate", how)
	refuse(w, http.StatusUnauthorized, why+" Ask whoever runs this server, or log in where "+s.metadataURL()+" says.")
}

// forbid answers who may not call a tool. It is wire's hook.
func (s *Server) forbid(w http.ResponseWriter, r *http.Request, tool string) {
	of(r.Context()).failure = "forbidden"
	s.forbidden(w, ScopeOf(tool))
}

func (s *Server) forbidden(w http.ResponseWriter, needed Scope) {
	w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer error="insufficient_scope", scope=%q, resource_metadata=%q`, needed, s.metadataURL()))
	refuse(w, http.StatusForbidden, fmt.Sprintf("The token lacks the scope %s. Ask whoever runs this server for one that has it.", needed))
}

func (s *Server) metadataURL() string {
	u := *s.public
	u.Path = metadataPath + Endpoint
	return u.String()
}

// metadata is the document of RFC 9728.
func (s *Server) metadata(w http.ResponseWriter, _ *http.Request) {
	body := map[string]any{
		"resource": s.public.String(), "resource_name": "headwater", "scopes_supported": scopes(),
		"bearer_methods_supported": []string{"header"},
	}
	if s.o.Issuer != "" {
		body["authorization_servers"] = []string{s.o.Issuer}
	}
	w.Header().Set("Access-Control-Allow-Origin", "*") // it says nothing about anybody, and pages need it to log in
	w.Header().Set("Cache-Control", "no-store")
	answer(w, http.StatusOK, body)
}

// refuse answers with one sentence.
func refuse(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Cache-Control", "no-store")
	answer(w, status, map[string]string{"error": message})
}

func answer(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil { // texts and lists of texts: it cannot happen
		status, body = http.StatusInternalServerError, []byte("{}")
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // who has gone is told nothing
}
