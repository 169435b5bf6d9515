package explain_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/explain"
)

// TestRender compares pages with the files in testdata. UPDATE_GOLDEN=1 writes them: read the difference before
// committing it.
func TestRender(t *testing.T) {
	t.Parallel()
	all := scenarios()
	for name, width := range map[string]int{
		"missing partition": 110, "echo of a missing partition": 100, "acquisition drop in one country": 100, "churn on one version": 100,
		"holiday in one country": 90, "noise": 80, "open period": 80, "three weeks of history": 60,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := all[name]
			at := s.day
			if at == 0 {
				at = asked
			}
			in := newTown(1, s.hit).question(at)
			if s.adjust != nil {
				s.adjust(&in)
			}
			requirePage(t, name, in, width)
		})
	}
	t.Run("same weekday", func(t *testing.T) {
		t.Parallel()
		in := newTown(1, all["churn on one version"].hit).question(asked)
		in.CompareTo = day(asked - 7)
		requirePage(t, "same weekday", in, 100)
	})
}

func requirePage(t *testing.T, name string, in explain.Input, width int) {
	t.Helper()
	answer, err := explain.Explain(in)
	require.NoError(t, err)
	requireWhole(t, answer)
	var page bytes.Buffer
	require.NoError(t, explain.Render(&page, answer, width))
	golden := filepath.Join("testdata", strings.ReplaceAll(name, " ", "_")+".txt")
	if os.Getenv("UPDATE_GOLDEN") == "1" {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(golden, page.Bytes(), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), page.String())
}
