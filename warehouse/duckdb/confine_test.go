package duckdb_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/warehouse"
	"github.com/headwater-mcp/headwater/warehouse/duckdb"
)

// TestConfinement tries to reach other files, the network and the settings, as a writer, which may do more than a
// reader.
func TestConfinement(t *testing.T) {
	t.Parallel()
	outside := t.TempDir()
	put(t, outside+"/secret.csv", "a,b\n1,2\n")
	put(t, outside+"/secret.json", `{"a": 1}`)
	create(t, duckdb.Options{Path: outside + "/other.duckdb"}, "CREATE TABLE t AS SELECT 1 AS i")
	allowed := t.TempDir()
	put(t, allowed+"/lake.csv", "a,b\n3,4\n")
	require.NoError(t, os.Mkdir(allowed+"-not", 0o700))
	put(t, allowed+"-not/lake.csv", "a\n5\n")
	for setting, o := range map[string]duckdb.Options{"nothing allowed": {}, "a folder allowed": {AllowedPaths: []string{allowed}}} {
		w := create(t, o, "CREATE TABLE t AS SELECT 1 AS i")
		for _, statement := range escapes(outside, allowed) {
			t.Run(setting+": "+statement, func(t *testing.T) {
				t.Parallel()
				require.Error(t, exec1(t.Context(), w, statement))
			})
		}
		for name, want := range map[string]string{
			"TimeZone": "UTC", "lock_configuration": "true", "enable_external_access": "false", "autoload_known_extensions": "false",
			"autoinstall_known_extensions": "false", "allow_persistent_secrets": "false", "allow_community_extensions": "false",
		} {
			t.Run(setting+": "+name, func(t *testing.T) {
				t.Parallel()
				n, err := count(t.Context(), w, "SELECT count(*) FROM duckdb_settings() WHERE name = '"+name+"' AND value = '"+want+"'")
				require.NoError(t, err)
				require.EqualValues(t, 1, n)
			})
		}
	}
}

// escapes are statements that reach for something other than the warehouse.
func escapes(outside, allowed string) []string {
	return []string{
		"SELECT * FROM read_csv('/etc/passwd')",
		"SELECT * FROM read_text('/etc/passwd')",
		"SELECT * FROM read_blob('/etc/passwd')",
		"SELECT * FROM '" + outside + "/secret.csv'",
		"SELECT * FROM read_json('" + outside + "/secret.json')",
		"SELECT * FROM read_csv('" + allowed + "/../" + filepath.Base(outside) + "/secret.csv')",
		"SELECT * FROM read_csv('" + allowed + "-not/lake.csv')",
		"SELECT * FROM glob('" + outside + "/*')",
		"SELECT * FROM read_csv('https://example.org/x.csv')",
		"SELECT * FROM sniff_csv('/etc/passwd')",
		"ATTACH '" + outside + "/other.duckdb' AS other",
		"ATTACH '" + outside + "/new.duckdb' AS other",
		"DETACH shop",
		"USE temp",
		"COPY t TO '" + outside + "/out.csv'",
		"COPY t FROM '" + outside + "/secret.csv'",
		"EXPORT DATABASE '" + outside + "/export'",
		"IMPORT DATABASE '" + outside + "'",
		"INSTALL httpfs",
		"LOAD httpfs",
		"LOAD '" + outside + "/secret.csv'",
		"CREATE PERSISTENT SECRET s (TYPE http)",
		"SET enable_external_access = true",
		"SET lock_configuration = false",
		"RESET lock_configuration",
		"SET TimeZone = 'Asia/Seoul'",
		"SET allowed_directories = ['/']",
		"SET temp_directory = '" + outside + "'",
		"SET memory_limit = '1TB'",
		"PRAGMA threads = 100",
		"PRAGMA enable_profiling",
		"SET VARIABLE x = 1",
	}
}

// TestAllowedPaths lets views read what the profile's external root holds, and says of others how to allow it.
func TestAllowedPaths(t *testing.T) {
	t.Parallel()
	lake, path := t.TempDir(), shop(t)
	put(t, lake+"/visits.csv", "a,b\n3,4\n")
	ours, err := duckdb.New(duckdb.Options{Path: path, AllowedPaths: []string{lake}})
	require.NoError(t, err)
	require.NoError(t, exec1(t.Context(), ours, "CREATE VIEW lake AS SELECT * FROM read_csv('"+lake+"/visits.csv')"))
	one, err := duckdb.New(duckdb.Options{Path: path, AllowedPaths: []string{lake + "/visits.csv"}})
	require.NoError(t, err)
	for _, w := range []*duckdb.Warehouse{ours, one} {
		n, err := count(t.Context(), w, "SELECT b FROM lake")
		require.NoError(t, err)
		require.EqualValues(t, 4, n)
	}
	_, err = count(t.Context(), at(t, path, -1), "SELECT b FROM lake")
	require.Equal(t, fault.Blocked, fault.KindOf(err), "%v", err)
	require.ErrorContains(t, err, lake+"/visits.csv")
	require.ErrorContains(t, err, "external_root")
	require.NoError(t, os.Remove(lake+"/visits.csv"))
	_, err = count(t.Context(), ours, "SELECT b FROM lake")
	require.Equal(t, fault.Unavailable, fault.KindOf(err), "%v", err)
	require.ErrorContains(t, err, "reads files that are not there")
}

func TestMemory(t *testing.T) {
	t.Parallel()
	spill := t.TempDir()
	w := create(t, duckdb.Options{MemoryLimit: "30MB", Threads: 1, TempDir: spill}, "CREATE TABLE t AS SELECT range AS i FROM range(1000000)")
	t.Run("a sort that does not fit goes to the temporary folder", func(t *testing.T) {
		n, err := count(t.Context(), w, "SELECT count(*) FROM (SELECT i, i || 'some text to fill the memory', row_number() OVER (ORDER BY -i) AS n FROM t) WHERE n > 0")
		require.NoError(t, err, "cause: %v", errors.Unwrap(err))
		require.EqualValues(t, 1000000, n)
		left, err := filepath.Glob(spill + "/*")
		require.NoError(t, err)
		require.Empty(t, left)
	})
	t.Run("what cannot be spilled says what to raise", func(t *testing.T) {
		_, err := count(t.Context(), w, "SELECT length(string_agg(i || 'some text to fill the memory', ',')) FROM t, range(10)")
		require.Equal(t, fault.Unavailable, fault.KindOf(err), "%v %v", err, errors.Unwrap(err))
		require.ErrorContains(t, err, "memory_limit")
	})
}

// TestNested calls inside a call share the open file, and one that would wait for itself says so.
func TestNested(t *testing.T) {
	t.Parallel()
	w := at(t, shop(t), -1)
	nothing := func(context.Context, warehouse.Writer) error { return nil }
	require.NoError(t, w.Read(t.Context(), func(ctx context.Context, _ warehouse.Reader) error {
		_, err := count(ctx, w, "SELECT 1")
		require.NoError(t, err)
		require.Equal(t, fault.Internal, fault.KindOf(w.Write(ctx, nothing)))
		require.Equal(t, fault.Internal, fault.KindOf(w.Lend(ctx, "dbt", func(context.Context) error { return nil })))
		return nil
	}))
	contexts := make(chan context.Context, 1)
	require.NoError(t, w.Write(t.Context(), func(ctx context.Context, _ warehouse.Writer) error {
		contexts <- ctx
		require.Equal(t, fault.Internal, fault.KindOf(w.Write(ctx, nothing)))
		return nil
	}))
	require.NoError(t, w.Write(<-contexts, nothing), "a context that outlived its call is like any other")
}
