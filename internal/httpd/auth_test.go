package httpd_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/coreos/go-oidc/v3/oidc/oidctest"
	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/httpd"
)

func TestAnAddressThatOthersReachIsRefusedWithoutAuth(t *testing.T) {
	t.Parallel()
	file, _ := tokenFile(t, "ann:read")
	for name, c := range map[string]struct {
		o    httpd.Options
		says string
	}{
		"all addresses":         {httpd.Options{Listen: "0.0.0.0:8642"}, "--tokens"},
		"no host":               {httpd.Options{Listen: ":8642"}, "--tokens"},
		"all addresses of IPv6": {httpd.Options{Listen: "[::]:8642"}, "--tokens"},
		"a name":                {httpd.Options{Listen: "headwater.internal:8642"}, "127.0.0.1:8642"},
		"tokens, and no name":   {httpd.Options{Listen: ":8642", Tokens: file}, "--public-url"},
		"no port":               {httpd.Options{Listen: "127.0.0.1"}, "host:port"},
		"OIDC for everybody":    {httpd.Options{Listen: "127.0.0.1:0", Issuer: "https://id.example.com"}, "--oidc-audience"},
		"OIDC in the clear":     {httpd.Options{Listen: "127.0.0.1:0", Issuer: "http://id.example.com", Audience: "a"}, "https"},
		"an origin with a path": {httpd.Options{Listen: "127.0.0.1:0", Origins: []string{"https://a.example.com/"}}, "--allow-origin"},
		"any origin":            {httpd.Options{Listen: "127.0.0.1:0", Origins: []string{"*"}}, "--allow-origin"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := httpd.New(c.o, product(c.o.Log))
			require.Equal(t, fault.Invalid, fault.KindOf(err))
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestScopesDecideWhatAUserSeesAndMayCall(t *testing.T) {
	t.Parallel()
	path, tokens := tokenFile(t, "reader:read", "planner:read,plan", "writer:read,plan,write", "blind:write")
	s := serve(t, func(o *httpd.Options) { o.Tokens = path })
	for i, c := range []struct {
		user string
		sees []string
		may  map[string]bool
	}{
		{"reader", []string{"find_nodes", "get_backfill"}, map[string]bool{"find_nodes": true}},
		{"planner", []string{"find_nodes", "plan_backfill", "get_backfill"}, map[string]bool{"find_nodes": true, "plan_backfill": true}},
		{"writer", []string{"find_nodes", "plan_backfill", "start_backfill", "fail", "get_backfill"}, map[string]bool{"find_nodes": true, "plan_backfill": true, "start_backfill": true, "resource": true}},
		{"blind", []string{"start_backfill", "fail"}, map[string]bool{"start_backfill": true}},
	} {
		_, listed := s.newer(tokens[i], "tools/list", "", "")
		var list struct {
			Result struct {
				Tools []struct {
					Name string `json:"name"`
				} `json:"tools"`
			} `json:"result"`
		}
		require.NoError(t, json.Unmarshal([]byte(listed), &list))
		var names []string
		for _, tool := range list.Result.Tools {
			names = append(names, tool.Name)
		}
		require.Equal(t, c.sees, names, c.user)
		for tool, scope := range map[string]string{"find_nodes": "read", "plan_backfill": "plan", "start_backfill": "write"} {
			response, body := s.call(tokens[i], tool)
			if !c.may[tool] {
				require.Equal(t, http.StatusForbidden, response.StatusCode, "%s %s", c.user, tool)
				require.Contains(t, response.Header.Get("WWW-Authenticate"), `error="insufficient_scope", scope="`+scope+`"`)
				require.Contains(t, body, "lacks the scope "+scope)
				continue
			}
			require.Equal(t, http.StatusOK, response.StatusCode, "%s %s: %s", c.user, tool, body)
			if tool != "start_backfill" {
				require.JSONEq(t, `{"user":"`+c.user+`"}`, structured(t, body))
			}
		}
	}
	response, _ := s.do(ask{
		body: `{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"test://status",` + meta + `}}`,
		header: map[string]string{
			"Authorization": "Bearer " + tokens[3], "Mcp-Protocol-Version": "2026-07-28",
			"Mcp-Method": "resources/read", "Mcp-Name": "test://status",
		},
	})
	require.Equal(t, http.StatusForbidden, response.StatusCode, "who may not read reads no resource")
	for i, may := range map[int]map[string]int{
		0: {"look": http.StatusOK, "plan-it": http.StatusForbidden}, 1: {"look": http.StatusOK, "plan-it": http.StatusOK}, 3: {"look": http.StatusForbidden},
	} {
		_, listed := s.newer(tokens[i], "prompts/list", "", "")
		require.Equal(t, may["plan-it"] == http.StatusOK, strings.Contains(listed, "plan-it"), listed)
		require.Equal(t, may["look"] == http.StatusOK, strings.Contains(listed, `"look"`), listed)
		for name, code := range may {
			response, body := s.newer(tokens[i], "prompts/get", name, "")
			require.Equal(t, code, response.StatusCode, "%d %s: %s", i, name, body)
		}
	}
}

func TestWhoHasNoGoodTokenIsToldWhereToGetOne(t *testing.T) {
	t.Parallel()
	path, tokens := tokenFile(t, "ann:read")
	s := serve(t, func(o *httpd.Options) { o.Tokens = path; o.PublicURL = "https://headwater.example.com/mcp" })
	where := `resource_metadata="https://headwater.example.com/.well-known/oauth-protected-resource/mcp"`
	for name, header := range map[string]string{
		"none": "", "of another scheme": "Basic " + tokens[0], "empty": "Bearer ", "unknown": "Bearer hw_ABCDEFGHIJKLMNOPQRSTUVWXYZ",
		"its hash": "Bearer " + strings.Fields(mustRead(t, path))[5], "with more behind it": "Bearer " + tokens[0] + "x",
		"in lower case": "Bearer " + strings.ToLower(tokens[0]), "a JWT without an issuer": "Bearer eyJhbGciOiJub25lIn0.e30.",
		"too long": "Bearer hw_" + strings.Repeat("A", 17<<10),
	} {
		for _, at := range []string{httpd.Endpoint, "/metrics"} {
			method := http.MethodPost
			if at == "/metrics" {
				method = http.MethodGet
			}
			response, body := s.do(ask{path: at, method: method, body: older, header: map[string]string{"Authorization": header}})
			require.Equal(t, http.StatusUnauthorized, response.StatusCode, "%s at %s", name, at)
			require.Contains(t, response.Header.Get("WWW-Authenticate"), where)
			require.NotContains(t, body, tokens[0])
		}
	}
	response, body := s.do(ask{path: "/mcp?access_token=" + tokens[0], body: older})
	require.Equal(t, http.StatusUnauthorized, response.StatusCode, "a token in the URL is none: %s", body)
	response, body = s.do(ask{path: "/.well-known/oauth-protected-resource/mcp", method: http.MethodGet})
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.JSONEq(t, `{"resource":"https://headwater.example.com/mcp","resource_name":"headwater","scopes_supported":["read","plan","write"],"bearer_methods_supported":["header"]}`, body)
	response, _ = s.call(tokens[0], "find_nodes")
	require.Equal(t, http.StatusOK, response.StatusCode)
}

func mustRead(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

func TestALineThatIsTakenOutOrEndsOpensNothingMore(t *testing.T) {
	t.Parallel()
	path, tokens := tokenFile(t, "ann:read", "bob:read")
	late, line, err := httpd.NewToken("eve", []string{"read"}, time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, []byte(mustRead(t, path)+line.String()+"\n"), 0o600))
	clock := &clock{at: time.Date(2026, 5, 31, 23, 59, 0, 0, time.UTC)}
	s := serve(t, func(o *httpd.Options) { o.Tokens, o.Now = path, clock.now })
	status := func(token string) int {
		response, _ := s.call(token, "find_nodes")
		return response.StatusCode
	}
	require.Equal(t, []int{200, 200, 200}, []int{status(tokens[0]), status(tokens[1]), status(late)})
	clock.pass(time.Minute)
	require.Equal(t, http.StatusUnauthorized, status(late), "it has ended")
	lines := strings.Split(mustRead(t, path), "\n")
	require.NoError(t, os.WriteFile(path, []byte(lines[2]+"\n"), 0o600))
	clock.pass(2 * time.Second)
	require.Equal(t, []int{200, 401}, []int{status(tokens[0]), status(tokens[1])})
	require.NoError(t, os.WriteFile(path, []byte("sha256:no good\n"), 0o600))
	clock.pass(2 * time.Second)
	require.Equal(t, http.StatusUnauthorized, status(tokens[0]), "a file that cannot be read opens nothing")
	require.Contains(t, s.log.String(), "Line 1 of")
}

func TestAFileOfTokensIsRefusedWithTheLineThatIsWrong(t *testing.T) {
	t.Parallel()
	hash := "sha256:" + strings.Repeat("a", 64)
	for text, says := range map[string]string{
		"":                            "no token",
		"# nothing\n":                 "no token",
		"\n" + hash + " ann":          "Line 2",
		hash + " ann admin":           "read, plan, write",
		hash + " ann read 2027":       "2027-01-31T00:00:00Z",
		"hw_secretsecret ann read":    "sha256:",
		hash + " an\u202en read":      "no name",
		hash + " ann read soon later": "Line 1",
	} {
		path := t.TempDir() + "/tokens"
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err := httpd.ReadLines(path)
		require.Equal(t, fault.Invalid, fault.KindOf(err), text)
		require.ErrorContains(t, err, says)
		require.NotContains(t, err.Error(), "secretsecret", "what stands there may be a token")
	}
	path := t.TempDir() + "/tokens"
	require.NoError(t, os.WriteFile(path, []byte(hash+" ann read"), 0o600))
	require.NoError(t, os.Chmod(path, 0o666))
	_, err := httpd.ReadLines(path)
	require.ErrorContains(t, err, "chmod go-w")
}

func TestOIDCTakesWhatItsIssuerSignedForThisServerAndNothingElse(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	foreign, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	issuer := &oidctest.Server{PublicKeys: []oidctest.PublicKey{{PublicKey: key.Public(), KeyID: "k", Algorithm: oidc.RS256}}}
	web := httptest.NewServer(issuer)
	t.Cleanup(web.Close)
	issuer.SetIssuer(web.URL)
	s := serve(t, func(o *httpd.Options) { o.Issuer, o.Audience = web.URL, "https://headwater.example.com/mcp" })

	claims := func(change map[string]any) string {
		all := map[string]any{
			"iss": web.URL, "aud": "https://headwater.example.com/mcp", "sub": "ann", "exp": time.Now().Add(time.Hour).Unix(),
			"iat": time.Now().Unix(), "scope": "openid headwater:read plan",
		}
		maps.Copy(all, change)
		text, err := json.Marshal(all)
		require.NoError(t, err)
		return string(text)
	}
	sign := func(change map[string]any) string { return oidctest.SignIDToken(key, "k", oidc.RS256, claims(change)) }
	unsigned := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims(nil))) + "."
	for name, c := range map[string]struct {
		token  string
		status int
	}{
		"good":                    {sign(nil), http.StatusOK},
		"for several":             {sign(map[string]any{"aud": []string{"other", "https://headwater.example.com/mcp"}}), http.StatusOK},
		"scopes as a list":        {sign(map[string]any{"scope": nil, "scp": []string{"read"}}), http.StatusOK},
		"for another audience":    {sign(map[string]any{"aud": "https://other.example.com"}), http.StatusUnauthorized},
		"for nobody":              {sign(map[string]any{"aud": nil}), http.StatusUnauthorized},
		"expired":                 {sign(map[string]any{"exp": time.Now().Add(-time.Minute).Unix()}), http.StatusUnauthorized},
		"without an end":          {sign(map[string]any{"exp": nil}), http.StatusUnauthorized},
		"not yet valid":           {sign(map[string]any{"nbf": time.Now().Add(time.Hour).Unix()}), http.StatusUnauthorized},
		"of another issuer":       {sign(map[string]any{"iss": "https://evil.example.com"}), http.StatusUnauthorized},
		"without a subject":       {sign(map[string]any{"sub": ""}), http.StatusUnauthorized},
		"signed by another key":   {oidctest.SignIDToken(foreign, "k", oidc.RS256, claims(nil)), http.StatusUnauthorized},
		"unsigned":                {unsigned, http.StatusUnauthorized},
		"altered":                 {sign(nil)[:20] + "A" + sign(nil)[21:], http.StatusUnauthorized},
		"without a scope of ours": {sign(map[string]any{"scope": "openid email"}), http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			response, body := s.call(c.token, "find_nodes")
			require.Equal(t, c.status, response.StatusCode, body)
			if c.status == http.StatusOK {
				require.JSONEq(t, `{"user":"oidc:ann"}`, structured(t, body))
				return
			}
			require.Contains(t, response.Header.Get("WWW-Authenticate"), "resource_metadata=")
			require.NotContains(t, body+fmt.Sprint(response.Header), c.token)
		})
	}
	response, _ := s.call(sign(nil), "start_backfill")
	require.Equal(t, http.StatusForbidden, response.StatusCode)
	_, body := s.do(ask{path: "/.well-known/oauth-protected-resource", method: http.MethodGet})
	require.Contains(t, body, `"authorization_servers":["`+web.URL+`"]`)
	http.DefaultClient.CloseIdleConnections()
}

func TestAnIssuerThatIsDownKeepsTheServerFromBeingReadyAndLetsNobodyIn(t *testing.T) {
	t.Parallel()
	web := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(web.Close)
	path, tokens := tokenFile(t, "ann:read")
	s := serve(t, func(o *httpd.Options) { o.Issuer, o.Audience, o.Tokens = web.URL, "a", path })
	response, body := s.do(ask{path: "/readyz", method: http.MethodGet})
	require.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
	require.JSONEq(t, `{"status":"not ready","reason":"issuer"}`, body)
	response, _ = s.call("eyJhbGciOiJSUzI1NiJ9.e30.AAAA", "find_nodes")
	require.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
	response, _ = s.call(tokens[0], "find_nodes")
	require.Equal(t, http.StatusOK, response.StatusCode, "tokens of the file need no issuer")
}
