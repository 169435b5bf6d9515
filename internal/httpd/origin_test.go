package httpd_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/internal/httpd"
)

func TestForeignPagesAndForeignNamesAreRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, func(o *httpd.Options) {
		o.Hosts, o.Origins, o.PublicURL = []string{"headwater.internal"}, []string{"https://app.example.com"}, "https://hw.example.com/mcp"
	})
	port := s.url[len("http://127.0.0.1"):]
	for name, c := range map[string]struct {
		header map[string]string
		status int
	}{
		"a program":                     {nil, http.StatusOK},
		"localhost":                     {map[string]string{"Host": "localhost" + port}, http.StatusOK},
		"IPv6":                          {map[string]string{"Host": "[::1]" + port}, http.StatusOK},
		"an allowed name":               {map[string]string{"Host": "headwater.internal:99"}, http.StatusOK},
		"the public name":               {map[string]string{"Host": "HW.example.com"}, http.StatusOK},
		"a name that was rebound":       {map[string]string{"Host": "evil.example.com" + port}, http.StatusForbidden},
		"a name that ends alike":        {map[string]string{"Host": "evil.hw.example.com"}, http.StatusForbidden},
		"a name that begins alike":      {map[string]string{"Host": "localhost.evil.example.com"}, http.StatusForbidden},
		"an address that is not ours":   {map[string]string{"Host": "10.0.0.1" + port}, http.StatusForbidden},
		"its own page":                  {map[string]string{"Origin": "http://127.0.0.1" + port}, http.StatusOK},
		"an allowed page":               {map[string]string{"Origin": "https://app.example.com"}, http.StatusOK},
		"a foreign page":                {map[string]string{"Origin": "https://evil.example.com"}, http.StatusForbidden},
		"a page of another port":        {map[string]string{"Origin": "http://127.0.0.1:1"}, http.StatusForbidden},
		"a sandboxed page":              {map[string]string{"Origin": "null"}, http.StatusForbidden},
		"a page of another scheme":      {map[string]string{"Origin": "http://app.example.com"}, http.StatusForbidden},
		"a page that begins alike":      {map[string]string{"Origin": "https://app.example.com.evil.example.com"}, http.StatusForbidden},
		"a foreign page and an own one": {map[string]string{"Origin": "https://evil.example.com, https://app.example.com"}, http.StatusForbidden},
	} {
		response, body := s.do(ask{body: older, header: c.header})
		require.Equal(t, c.status, response.StatusCode, "%s: %s", name, body)
		require.NotEqual(t, "*", response.Header.Get("Access-Control-Allow-Origin"))
		if c.status == http.StatusForbidden {
			require.Empty(t, response.Header.Get("Access-Control-Allow-Origin"), name)
			require.Empty(t, response.Header.Get("Mcp-Session-Id"), name)
		}
	}
	for origin, status := range map[string]int{"https://app.example.com": http.StatusNoContent, "https://evil.example.com": http.StatusForbidden} {
		response, _ := s.do(ask{method: http.MethodOptions, header: map[string]string{"Origin": origin, "Access-Control-Request-Method": "POST"}})
		require.Equal(t, status, response.StatusCode, origin)
	}
}
