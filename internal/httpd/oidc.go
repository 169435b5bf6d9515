package httpd

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/headwater-mcp/headwater/fault"
)

// provider recognises tokens that an OIDC issuer signed.
type provider struct {
	issuer, audience string
	now              func() time.Time
	client           *http.Client

	mu       sync.Mutex
	verifier *oidc.IDTokenVerifier
	tried    time.Time
}

// Bounds on what the issuer takes of a request's time, and how often one that does not answer is asked again.
const (
	issuerPatience = 10 * time.Second
	issuerAgain    = 5 * time.Second
)

func newProvider(issuer, audience string, now func() time.Time) *provider {
	return &provider{issuer: issuer, audience: audience, now: now, client: &http.Client{Timeout: issuerPatience}}
}

// ready finds out where the issuer has its keys, once. Its error is the fault of an issuer that does not say.
func (p *provider) ready() (*oidc.IDTokenVerifier, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.verifier != nil {
		return p.verifier, nil
	}
	unavailable := fault.New(fault.Unavailable, "The issuer of tokens does not answer, so nobody can be recognised. Try again in a moment.")
	if !p.tried.IsZero() && p.now().Sub(p.tried) < issuerAgain {
		return nil, unavailable
	}
	p.tried = p.now()
	// The provider keeps the context for as long as it fetches keys, so it is of no request.
	found, err := oidc.NewProvider(oidc.ClientContext(context.Background(), p.client), p.issuer)
	if err != nil {
		unavailable.Cause = err
		return nil, unavailable
	}
	p.verifier = found.Verifier(&oidc.Config{ClientID: p.audience, Now: p.now, SupportedSigningAlgs: asymmetric()})
	return p.verifier, nil
}

// asymmetric are the algorithms whose keys are no secret that is shared with others, whatever the issuer offers.
func asymmetric() []string {
	return []string{
		oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA,
	}
}

// claims are those of a token that say what its user may do: a text as RFC 9068 has it, or a list.
type claims struct {
	Scope any `json:"scope"`
	SCP   any `json:"scp"`
}

// find recognises a token, or says why not.
func (p *provider) find(ctx context.Context, token string) (Principal, error) {
	verifier, err := p.ready() //nolint:contextcheck // what it learns is kept beyond the request
	if err != nil {
		return Principal{}, err
	}
	known, err := verifier.Verify(ctx, token)
	if err != nil {
		return Principal{}, errUnknown
	}
	var c claims
	if err := known.Claims(&c); err != nil || known.Subject == "" || len(known.Subject) > 255 {
		return Principal{}, errUnknown
	}
	// Names of the file and subjects of the issuer are given by different people and must not meet.
	return Principal{Name: "oidc:" + known.Subject, Scopes: parseScopes(append(words(c.Scope), words(c.SCP)...))}, nil
}

func words(claim any) []string {
	switch claim := claim.(type) {
	case string:
		return strings.Fields(claim)
	case []any:
		var out []string
		for _, each := range claim {
			if word, ok := each.(string); ok {
				out = append(out, word)
			}
		}
		return out
	default:
		return nil
	}
}
