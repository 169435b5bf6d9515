package app_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/internal/app"
	"github.com/headwater-mcp/headwater/internal/config"
	"github.com/headwater-mcp/headwater/testdata/shop"
)

// project is the shop's project in a folder of its own, without a warehouse.
func project(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, shop.Files()))
	return dir
}

// now is after everything that the shop's artifacts tell of, wherever the machine's clock stands.
func now() time.Time { return time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC) }

func open(t *testing.T, dir string) *app.App {
	t.Helper()
	loaded, err := config.Load(config.Flags{Project: dir}, config.Env{}, dir)
	require.NoError(t, err)
	a, err := app.Open(t.Context(), app.Options{Config: loaded, Log: zerolog.Nop(), Purpose: "test", Now: now})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	return a
}

// manifests are the shop's manifest and the same without its exposure.
func manifests(t *testing.T) [][]byte {
	t.Helper()
	whole, err := fs.ReadFile(shop.Files(), "target/manifest.json")
	require.NoError(t, err)
	var parsed map[string]any
	require.NoError(t, json.Unmarshal(whole, &parsed))
	require.NotEmpty(t, parsed["exposures"])
	parsed["exposures"] = map[string]any{}
	less, err := json.Marshal(parsed)
	require.NoError(t, err)
	return [][]byte{whole, less}
}

// TestArtifactsAreReplacedUnderLoad: while dbt writes manifests, in place and by rename, no request fails, and every answer is
// that of one manifest. What executors select is chosen anew for each, which with -race must not disturb who asks about another.
func TestArtifactsAreReplacedUnderLoad(t *testing.T) {
	t.Parallel()
	dir := project(t)
	settings := "executors:\n  - {nodes: \"resource_type:model\", type: command, argv: [./load.sh]}\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "headwater.yaml"), []byte(settings), 0o600))
	a := open(t, dir)
	versions := manifests(t)
	nodes := func() int {
		ctx := t.Context()
		p, err := a.Current(ctx)
		require.NoError(t, err)
		answer, err := p.FindNodes(ctx, platform.FindRequest{Limit: 1000})
		require.NoError(t, err)
		status, err := p.Status(ctx, struct{}{})
		require.NoError(t, err)
		require.Empty(t, status.Executors[0].Problem)
		return answer.Total
	}
	whole := nodes()

	ctx, stop := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for ctx.Err() == nil {
				if n := nodes(); n != whole && n != whole-1 {
					t.Errorf("%d nodes belong to no manifest", n)
				}
			}
		})
	}
	path := filepath.Join(dir, "target", "manifest.json")
	for i := range 30 {
		text, want := versions[(i+1)%2], whole-(i+1)%2
		if i%3 == 0 {
			require.NoError(t, os.WriteFile(path+".new", text, 0o600))
			require.NoError(t, os.Rename(path+".new", path))
		} else {
			writeSlowly(t, path, text)
		}
		require.Eventually(t, func() bool { return nodes() == want }, 10*time.Second, time.Millisecond, "manifest %d is answered from", i)
	}
	stop()
	readers.Wait()
}

// writeSlowly writes a file in place, a piece at a time, as dbt does.
func writeSlowly(t *testing.T, path string, text []byte) {
	t.Helper()
	f, err := os.Create(path)
	require.NoError(t, err)
	for start := 0; start < len(text); start += 64 << 10 {
		_, err := f.Write(text[start:min(start+64<<10, len(text))])
		require.NoError(t, err)
	}
	require.NoError(t, f.Close())
}
