package wire_test

import (
	"context"
	"encoding/json"
	"io"
	"net/url"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/wire"
)

// eras are the two ways of writing the same request. Params end without a comma.
var eras = map[string]func(id int, method, params string) string{
	"older": older,
	"newer": func(id int, method, params string) string {
		if params != "" {
			params += ","
		}
		return modern(id, method, params)
	},
}

// documents is what resources/read answers, read without the library.
type documents struct {
	ResultType string `json:"resultType"`
	Contents   []struct {
		URI      string         `json:"uri"`
		MIMEType string         `json:"mimeType"`
		Text     string         `json:"text"`
		Meta     map[string]any `json:"_meta"`
	}
}

func (p *peer) documents(request string) documents {
	p.t.Helper()
	l := p.ask(request)
	require.Nil(p.t, l.Error)
	var out documents
	require.NoError(p.t, json.Unmarshal(l.Result, &out))
	return out
}

func TestResourcesAreListedInTheOrderGiven(t *testing.T) {
	t.Parallel()
	for era, request := range eras {
		t.Run(era, func(t *testing.T) {
			t.Parallel()
			p := dial(t, newLiving(t).Server)
			var fixed struct{ Resources []map[string]string }
			require.NoError(t, json.Unmarshal(p.ask(request(1, "resources/list", "")).Result, &fixed))
			require.Equal(t, []map[string]string{
				{"name": "status", "title": "Status", "description": "How it is.", "uri": "sample://status", "mimeType": "application/json"},
				{"name": "facts", "title": "Facts", "description": "What there is.", "uri": "sample://facts", "mimeType": "application/json"},
			}, fixed.Resources)

			var templates struct{ ResourceTemplates []map[string]string }
			require.NoError(t, json.Unmarshal(p.ask(request(2, "resources/templates/list", "")).Result, &templates))
			var uris []string
			for _, each := range templates.ResourceTemplates {
				uris = append(uris, each["uriTemplate"])
			}
			require.Equal(t, []string{
				"sample://node/{id}", "sample://run/{run_id}", "sample://activation/{fact}/{grain}", "sample://broken/{how}",
			}, uris)

			for _, method := range []string{"resources/list", "resources/templates/list"} {
				bad := p.ask(request(3, method, `"cursor":"xyz"`)).Error
				require.Equal(t, -32602, bad.Code)
				require.Contains(t, bad.Message, method+" answers whole")
			}
		})
	}
}

func TestAServerWithResourcesSaysSo(t *testing.T) {
	t.Parallel()
	p := dial(t, newLiving(t).Server)
	for _, request := range []string{hello, modern(2, "server/discover", "")} {
		var welcome struct{ Capabilities json.RawMessage }
		require.NoError(t, json.Unmarshal(p.ask(request).Result, &welcome))
		require.JSONEq(t, `{"tools":{},"resources":{"subscribe":true}}`, string(welcome.Capabilities))
	}
	bad := dial(t, sampleServer(t, io.Discard)).ask(older(1, "resources/read", uri("sample://status"))).Error
	require.Equal(t, -32601, bad.Code, "and one without does not")
}

func TestADocumentIsReadInBothEras(t *testing.T) {
	t.Parallel()
	for era, request := range eras {
		t.Run(era, func(t *testing.T) {
			t.Parallel()
			p := dial(t, newLiving(t).Server)
			for asked, variables := range map[string]map[string]string{
				"sample://status":                         {},
				"sample://node/model.shop.orders":         {"id": "model.shop.orders"},
				"sample://node/a/b":                       {"id": "a/b"},
				"sample://node/a%2Fb%20%C3%A9":            {"id": "a/b é"},
				"sample://node/a/b é?#{}":                 {"id": "a/b é?#{}"},
				"sample://activation/app%2Fvisit/day":     {"fact": "app/visit", "grain": "day"},
				"sample://activation/app_visit/day/hour/": {"fact": "app_visit", "grain": "day/hour/"},
			} {
				got := p.documents(request(1, "resources/read", uri(asked)))
				require.Len(t, got.Contents, 1)
				require.Equal(t, asked, got.Contents[0].URI, "as it was asked for")
				require.Equal(t, "application/json", got.Contents[0].MIMEType)
				want, err := json.Marshal(page{Variables: variables, Lines: []string{}})
				require.NoError(t, err)
				require.JSONEq(t, string(want), got.Contents[0].Text)
				require.Contains(t, got.Contents[0].Text, `"lines":[]`, "encoded as a tool's answer is")
				require.Equal(t, map[string]any{"headwater/age_ms": 7.0}, got.Contents[0].Meta)
			}
		})
	}
}

func TestAnyValueOfAVariableSurvivesItsURI(t *testing.T) {
	t.Parallel()
	p := dial(t, newLiving(t).Server)
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.StringMatching(`[ -~äöü한/]{1,20}`).Draw(t, "value")
		escaped := url.PathEscape(value)
		got := p.documents(older(1, "resources/read", uri("sample://activation/"+escaped+"/"+escaped)))
		var out page
		require.NoError(t, json.Unmarshal([]byte(got.Contents[0].Text), &out))
		require.Equal(t, map[string]string{"fact": value, "grain": value}, out.Variables)
	})
}

func TestAURIThatNamesNothingIsNotFound(t *testing.T) {
	t.Parallel()
	for era, code := range map[string]int{"older": -32002, "newer": -32602} {
		for name, c := range map[string]struct{ uri, said string }{
			"near":        {"sample://statu", `There is no resource "sample://statu". Resources: sample://status, sample://facts, sample://node/{id}`},
			"none":        {"", `There is no resource "".`},
			"foreign":     {"file:///etc/passwd", "Resources: sample://status"},
			"no variable": {"sample://node/", "in braces is percent-encoded"},
			"bad escape":  {"sample://node/100%", "in braces is percent-encoded"},
			"no such run": {"sample://run/r1", "There is no run r1. Call get_backfill."},
		} {
			t.Run(era+" "+name, func(t *testing.T) {
				t.Parallel()
				p := dial(t, newLiving(t).Server)
				bad := p.ask(eras[era](1, "resources/read", uri(c.uri))).Error
				require.NotNil(t, bad)
				require.Equal(t, code, bad.Code)
				require.Contains(t, bad.Message, c.said)
				require.NotContains(t, bad.Message, "secret")
				require.Equal(t, map[string]any{"uri": c.uri, "kind": "not_found", "retryable": false}, bad.Data)
			})
		}
	}
}

func TestADocumentThatCannotBeReadSaysWhy(t *testing.T) {
	t.Parallel()
	l := newLiving(t)
	p := dial(t, l.Server)
	for name, c := range map[string]struct {
		code      int
		said      string
		kind      string
		retryable bool
		logged    string
	}{
		"panic":   {-32603, `^broken failed .* log id [A-Z2-7]{8}\.$`, "internal", false, "secret: index"},
		"foreign": {-32603, `^broken failed .* log id [A-Z2-7]{8}\.$`, "internal", false, "secret: dial tcp"},
		"locked":  {-32603, `^The warehouse is locked\.$`, "unavailable", true, ""},
		"invalid": {-32602, `^A day is no grain here\.$`, "invalid", false, ""},
	} {
		bad := p.ask(older(1, "resources/read", uri("sample://broken/"+name))).Error
		require.Equal(t, c.code, bad.Code, name)
		require.Regexp(t, c.said, bad.Message)
		require.Equal(t, map[string]any{"uri": "sample://broken/" + name, "kind": c.kind, "retryable": c.retryable}, bad.Data)
		require.Contains(t, l.log.String(), c.logged)
	}
	require.Len(t, p.documents(older(1, "resources/read", uri("sample://status"))).Contents, 1, "and the server goes on")
}

func TestAResourceThatCannotBeServedIsRefused(t *testing.T) {
	t.Parallel()
	read := func(context.Context, map[string]string) (any, error) { return page{}, nil }
	for name, c := range map[string]struct {
		resource wire.Resource
		want     string
	}{
		"name":      {wire.Resource{Name: "A-b", Title: "A", Description: "A.", URI: "s://a", Read: read}, "lower_snake_case"},
		"title":     {wire.Resource{Name: "a", Description: "A.", URI: "s://a", Read: read}, "no title"},
		"no scheme": {wire.Resource{Name: "a", Title: "A", Description: "A.", URI: "status", Read: read}, "is not scheme://path"},
		"a glob":    {wire.Resource{Name: "a", Title: "A", Description: "A.", URI: "s://{+rest}", Read: read}, "is not scheme://path"},
		"half":      {wire.Resource{Name: "a", Title: "A", Description: "A.", URI: "s://a-{b}", Read: read}, "variable b of its URI does not stand between slashes"},
		"twice":     {wire.Resource{Name: "a", Title: "A", Description: "A.", URI: "s://{b}/{b}", Read: read}, "variable b stands twice"},
		"no read":   {wire.Resource{Name: "a", Title: "A", Description: "A.", URI: "s://a"}, "it has no Read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := wire.NewServer(wire.Info{Name: "s", Version: "1", Now: time.Now}, nil, []wire.Resource{c.resource}, nil, zerolog.Nop())
			require.ErrorContains(t, err, c.want)
		})
	}
	one := wire.Resource{Name: "a", Title: "A", Description: "A.", URI: "s://a", Read: read}
	_, err := wire.NewServer(wire.Info{Name: "s", Version: "1", Now: time.Now}, nil, []wire.Resource{one, one}, nil, zerolog.Nop())
	require.ErrorContains(t, err, `resource "a": there are two of that name or URI`)
	_, err = wire.NewServer(wire.Info{Name: "s", Version: "1"}, nil, nil, nil, zerolog.Nop())
	require.ErrorContains(t, err, "Info.Now")
}
