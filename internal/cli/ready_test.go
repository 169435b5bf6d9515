package cli_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/internal/cli"
	"github.com/headwater-mcp/headwater/testdata/shop"
)

// said is what a server in this process said, which several goroutines write.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *said) find(what *regexp.Regexp) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(what.Find(s.text.Bytes()))
}

// TestAServerIsReadyAsSoonAsThereAreArtifacts: before that it lives, and is not sent requests; once there were any it stays ready,
// since it answers from the last ones that could be read.
func TestAServerIsReadyAsSoonAsThereAreArtifacts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, shop.Files()))
	target := filepath.Join(dir, "target")
	require.NoError(t, os.Rename(target, target+".later"))
	ctx, end := context.WithCancel(t.Context())
	var log said
	code := make(chan int, 1)
	go func() {
		code <- cli.Run(ctx, []string{"--project", dir, "serve", "--listen", "127.0.0.1:0"}, nil, cli.Streams{In: http.NoBody, Out: io.Discard, Err: &log})
	}()
	where := regexp.MustCompile(`http://127\.0\.0\.1:\d+`)
	require.Eventually(t, func() bool { return log.find(where) != "" }, time.Minute, 10*time.Millisecond)
	get := func(path string) (status int, body string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, log.find(where)+path, http.NoBody)
		require.NoError(t, err)
		r.Close = true
		response, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return response.StatusCode, string(text)
	}
	status, body := get("/readyz")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.JSONEq(t, `{"status": "not ready", "reason": "project"}`, body)
	status, _ = get("/healthz")
	require.Equal(t, http.StatusOK, status)

	require.NoError(t, os.Rename(target+".later", target))
	status, body = get("/readyz")
	require.Equal(t, http.StatusOK, status)
	require.JSONEq(t, `{"status": "ready"}`, body)

	require.NoError(t, os.Truncate(filepath.Join(target, "manifest.json"), 1000))
	status, _ = get("/readyz")
	require.Equal(t, http.StatusOK, status)
	end()
	require.Zero(t, <-code, "it drained")
}
