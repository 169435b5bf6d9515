package demo

import (
	"database/sql"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/testdata/shop"
)

// decode reads an artifact of the project in dir as far as into asks.
func decode[T any](t *testing.T, dir fs.FS, name string) T {
	t.Helper()
	text, err := fs.ReadFile(dir, "target/"+name)
	require.NoError(t, err)
	var content T
	require.NoError(t, json.Unmarshal(text, &content))
	return content
}

type catalogTable struct {
	Columns map[string]struct {
		Name, Type string
		Index      int
	}
}

// requireCatalog compares the columns, in order, of every relation that the catalog holds.
func requireCatalog(t *testing.T, dir string, db *sql.DB) {
	t.Helper()
	project := os.DirFS(dir)
	catalog := decode[struct{ Nodes, Sources map[string]catalogTable }](t, project, "catalog.json")
	type named struct {
		RelationName *string `json:"relation_name"`
		ResourceType string  `json:"resource_type"`
	}
	manifest := decode[struct{ Nodes, Sources map[string]named }](t, project, "manifest.json")
	maps.DeleteFunc(manifest.Nodes, func(_ string, n named) bool { return n.ResourceType == "test" })
	require.ElementsMatch(t, slices.Collect(maps.Keys(manifest.Nodes)), slices.Collect(maps.Keys(catalog.Nodes)))
	maps.Copy(manifest.Nodes, manifest.Sources)
	maps.Copy(catalog.Nodes, catalog.Sources)
	require.Len(t, catalog.Nodes, 10)
	for id, table := range catalog.Nodes {
		want := make([]string, len(table.Columns))
		for _, c := range table.Columns {
			want[c.Index-1] = c.Name + " " + c.Type
		}
		relation := *manifest.Nodes[id].RelationName
		got := column[string](t, db, "select column_name || ' ' || column_type from (describe from "+relation+")")
		require.Equal(t, want, got, id)
	}
}

// requireDataTests runs what dbt compiled for every data test: each selects the rows that break it.
func requireDataTests(t *testing.T, dir string, db *sql.DB) {
	t.Helper()
	manifest := decode[struct {
		Nodes map[string]struct {
			ResourceType string `json:"resource_type"`
			CompiledCode string `json:"compiled_code"`
		}
	}](t, os.DirFS(dir), "manifest.json")
	ran := 0
	for id, n := range manifest.Nodes {
		if n.ResourceType != "test" {
			continue
		}
		ran++
		require.Zero(t, one[int](t, db, "select count(*) from (\n"+n.CompiledCode+"\n)"), id)
	}
	require.Equal(t, 20, ran)
}

type runResults struct {
	Results []struct {
		UniqueID     string `json:"unique_id"`
		Status       string
		BatchResults *struct{ Successful, Failed [][]time.Time } `json:"batch_results"`
	}
}

type sources struct {
	Results []struct {
		UniqueID    string    `json:"unique_id"`
		MaxLoadedAt time.Time `json:"max_loaded_at"`
		Age         float64   `json:"max_loaded_at_time_ago_in_s"`
		Snapshotted time.Time `json:"snapshotted_at"`
		Status      string
	}
}

func artifacts() []string {
	return []string{"manifest.json", "run_results.json", "sources.json", "catalog.json"}
}

func testArtifacts(t *testing.T, dir string, db *sql.DB) {
	t.Helper()
	project := os.DirFS(dir)
	t.Run("differ from dbt's in times only", func(t *testing.T) {
		t.Parallel()
		for _, name := range artifacts() {
			recorded, written := decode[any](t, shop.Files(), name), decode[any](t, project, name)
			times := map[string]bool{}
			eachTime(recorded, func(object map[string]any, key string) { object[key] = nil })
			eachTime(written, func(object map[string]any, key string) { object[key] = nil; times[key] = true })
			require.Contains(t, times, "generated_at", name)
			require.Empty(t, cmp.Diff(recorded, written), name)
		}
	})
	t.Run("are of the night before the question", func(t *testing.T) {
		t.Parallel()
		requireOneNight(t, project)
	})
	t.Run("say that the last run went well, on the incident's day", func(t *testing.T) {
		t.Parallel()
		requireGoodRun(t, project)
	})
	t.Run("hold the freshness of the warehouse", func(t *testing.T) {
		t.Parallel()
		statuses := map[string]string{}
		for _, result := range decode[sources](t, project, "sources.json").Results {
			table := result.UniqueID[strings.LastIndex(result.UniqueID, ".")+1:]
			require.True(t, result.MaxLoadedAt.Equal(one[time.Time](t, db, "select max(_loaded_at) from raw."+table)))
			require.InDelta(t, result.Snapshotted.Sub(result.MaxLoadedAt).Seconds(), result.Age, 1e-6)
			statuses[table] = result.Status
		}
		require.Equal(t, map[string]string{"app_events": "warn", "web_events": "pass", "users": "pass"}, statuses)
	})
	t.Run("name no place on the machine that recorded them", func(t *testing.T) {
		t.Parallel()
		for _, name := range artifacts() {
			text, err := fs.ReadFile(project, "target/"+name)
			require.NoError(t, err)
			for _, place := range []string{"/tmp/", "/home/", "/root/", "/Users/", "/var/"} {
				require.NotContains(t, string(text), place, name)
			}
		}
	})
}

// requireOneNight wants every time of the run within the minutes around dbt's last start.
func requireOneNight(t *testing.T, project fs.FS) {
	t.Helper()
	// dbt parsed the nodes some seconds before its last start.
	first := time.Date(2026, time.June, 15, 3, 0, 0, 0, time.UTC)
	last := first.Add(10 * time.Minute)
	for _, name := range artifacts() {
		eachTime(decode[any](t, project, name), func(object map[string]any, key string) {
			switch value := object[key].(type) {
			case string:
				if key == "max_loaded_at" || key == "status" {
					return
				}
				at, err := time.Parse(time.RFC3339, value)
				require.NoError(t, err)
				require.WithinRange(t, at, first, last, "%s %s", name, key)
			case float64:
				if key == "created_at" {
					require.WithinRange(t, time.Unix(int64(value), 0), first, last, "%s %s", name, key)
				}
			}
		})
	}
}

func requireGoodRun(t *testing.T, project fs.FS) {
	t.Helper()
	statuses := map[string]int{}
	batched := 0
	for _, result := range decode[runResults](t, project, "run_results.json").Results {
		statuses[result.Status]++
		if result.BatchResults == nil {
			continue
		}
		batched++
		day := time.Date(2026, time.June, 14, 0, 0, 0, 0, time.UTC)
		require.Len(t, result.BatchResults.Successful, 1, result.UniqueID)
		require.Empty(t, result.BatchResults.Failed, result.UniqueID)
		require.True(t, result.BatchResults.Successful[0][0].Equal(day), result.UniqueID)
		require.True(t, result.BatchResults.Successful[0][1].Equal(day.AddDate(0, 0, 1)), result.UniqueID)
	}
	require.Equal(t, 2, batched)
	require.Equal(t, map[string]int{"success": 7, "pass": 21, "no-op": 1}, statuses)
}

// eachTime calls fn for every field below value that tells a time of the run or depends on one.
func eachTime(value any, fn func(object map[string]any, key string)) {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			eachTime(item, fn)
		}
	case map[string]any:
		for key, item := range v {
			eachTime(item, fn)
			switch key {
			case "generated_at", "invocation_started_at", "started_at", "completed_at", "created_at", "snapshotted_at",
				"max_loaded_at", "max_loaded_at_time_ago_in_s":
				fn(v, key)
			case "status":
				if _, fresh := v["max_loaded_at"]; fresh {
					fn(v, key)
				}
			}
		}
	}
}
