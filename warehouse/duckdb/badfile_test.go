package duckdb_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/duckdb/duckdb-go/v2/mapping"
	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/warehouse"
	"github.com/headwater-mcp/headwater/warehouse/duckdb"
)

// TestFilesThatCannotBeRead gives each kind of wrong path to every method.
func TestFilesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		make func(t *testing.T, path string)
		says []string
	}{
		"missing":         {func(*testing.T, string) {}, []string{"does not exist", "Run dbt once"}},
		"missing, a miss": {func(t *testing.T, path string) { t.Helper(); put(t, filepath.Dir(path)+"/shops.duckdb", "x") }, []string{"Did you mean shops.duckdb?"}},
		"a folder": {func(t *testing.T, path string) {
			t.Helper()
			require.NoError(t, os.Mkdir(path, 0o700))
			put(t, path+"/dev.duckdb", "x")
		}, []string{"is a folder", "holds dev.duckdb."}},
		"a dangling link": {func(t *testing.T, path string) { t.Helper(); require.NoError(t, os.Symlink(path+".gone", path)) }, []string{"does not exist"}},
		"a pipe":          {func(t *testing.T, path string) { require.NoError(t, syscall.Mkfifo(path, 0o600)) }, []string{"no regular file"}},
		"empty":           {func(t *testing.T, path string) { put(t, path, "") }, []string{"is an empty file"}},
		"text":            {func(t *testing.T, path string) { put(t, path, strings.Repeat("not a database\n", 1000)) }, []string{"is not a DuckDB database"}},
		"SQLite":          {func(t *testing.T, path string) { put(t, path, "SQLite format 3\x00"+strings.Repeat("\x00", 9000)) }, []string{"is not a DuckDB database"}},
		"half":            {func(t *testing.T, path string) { damage(t, path, func(b []byte) []byte { return b[:len(b)/2] }) }, []string{"damaged or only half copied"}},
		"only the header": {func(t *testing.T, path string) { damage(t, path, func(b []byte) []byte { return b[:5000] }) }, []string{"damaged or only half copied"}},
		"damaged": {func(t *testing.T, path string) {
			damage(t, path, func(b []byte) []byte { return append(b[:12288:12288], bytes.Repeat([]byte{7}, len(b)-12288)...) })
		}, []string{"damaged or only half copied"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "shop.duckdb")
			c.make(t, path)
			w := at(t, path, -1)
			for call, err := range everyCall(t, w) {
				require.Equal(t, fault.Unavailable, fault.KindOf(err), "%s: %v", call, err)
				require.ErrorContains(t, err, "The warehouse "+path, call)
				for _, part := range c.says {
					require.ErrorContains(t, err, part, call)
				}
				require.NotContains(t, err.Error(), "\n")
			}
			if name == "missing" {
				require.NoFileExists(t, path, "no call makes a file")
			}
		})
	}
}

func everyCall(t *testing.T, w *duckdb.Warehouse) map[string]error {
	t.Helper()
	_, relation := w.Relation(t.Context(), warehouse.Relation{Name: "t"})
	_, health := w.Health(t.Context())
	_, read := count(t.Context(), w, "SELECT 1")
	return map[string]error{"relation": relation, "health": health, "read": read, "write": exec1(t.Context(), w, "CREATE TABLE u (i INTEGER)")}
}

func put(t *testing.T, path, content string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
}

// damage makes a good file and changes its bytes.
func damage(t *testing.T, path string, change func([]byte) []byte) {
	t.Helper()
	create(t, duckdb.Options{Path: path}, "CREATE TABLE t AS SELECT range AS i FROM range(1000)")
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, change(content), 0o600))
}

// TestDuckDB2File reads what `pip install duckdb` writes since 2.0, or says what to do about it.
func TestDuckDB2File(t *testing.T) {
	t.Parallel()
	packed, err := os.Open("testdata/duckdb2.duckdb.gz")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, packed.Close()) })
	unpacked, err := gzip.NewReader(packed)
	require.NoError(t, err)
	content, err := io.ReadAll(unpacked)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "duckdb2.duckdb")
	put(t, path, string(content))
	w := at(t, path, -1)
	if strings.HasPrefix(mapping.LibraryVersion(), "v1.") {
		for call, err := range everyCall(t, w) {
			require.Equal(t, fault.Unavailable, fault.KindOf(err), call)
			require.ErrorContains(t, err, "was written by a newer DuckDB", call)
			require.ErrorContains(t, err, "config_options: {storage_compatibility_version: 'v1.5.0'}", call)
			require.ErrorContains(t, err, "build of headwater for DuckDB 2", call)
		}
		return
	}
	n, err := count(t.Context(), w, "SELECT count(*) FROM t JOIN v USING (i)")
	require.NoError(t, err)
	require.EqualValues(t, 5, n)
	require.NoError(t, exec1(t.Context(), w, "INSERT INTO t VALUES (10, DATE '2026-01-11')"))
	table, err := w.Relation(t.Context(), warehouse.Relation{Database: "duckdb2", Schema: "main", Name: "t"})
	require.NoError(t, err)
	require.Equal(t, warehouse.Date, table.Columns[1].Time)
}

// TestDamagedLog does not answer from a file whose last commits it cannot see.
func TestDamagedLog(t *testing.T) {
	t.Parallel()
	path := shop(t)
	other := start(t, path)
	other.must("hold READ_WRITE")
	other.must("exec INSERT INTO t VALUES (2)")
	other.kill()
	log, err := os.ReadFile(path + ".wal")
	require.NoError(t, err)
	log[len(log)-40] ^= 0xff
	put(t, path+".wal", string(log))
	_, err = count(t.Context(), at(t, path, -1), "SELECT count(*) FROM t")
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
	require.ErrorContains(t, err, "its log ("+path+".wal) is damaged")
}

// TestPermissions asks another process, which becomes nobody where the test runs as root, whom permissions do not bind.
func TestPermissions(t *testing.T) {
	t.Parallel()
	t.Run("may not read", func(t *testing.T) {
		t.Parallel()
		path := shop(t)
		require.NoError(t, os.Chmod(path, 0o000))
		require.Contains(t, unprivileged(t, path).ask("headwater read"), "may not be opened by this user")
	})
	t.Run("may read but not write", func(t *testing.T) {
		t.Parallel()
		path := shop(t)
		require.NoError(t, os.Chmod(path, 0o444))
		require.NoError(t, os.Chmod(filepath.Dir(path), 0o555))
		require.NoError(t, os.Remove(path+".headwater.lock"))
		other := unprivileged(t, path)
		other.must("headwater read")
		other.must("")
		require.NoFileExists(t, path+".headwater.lock", "reading goes without")
		require.Contains(t, other.ask("headwater write"), "may not be opened by this user")
	})
}

// unprivileged starts the other program as a user whom the permissions of path bind.
func unprivileged(t *testing.T, path string) *foreign {
	t.Helper()
	if os.Getuid() != 0 {
		return start(t, path)
	}
	for dir := filepath.Dir(filepath.Dir(path)); dir != filepath.Dir(os.TempDir()) && dir != "/" && dir != os.TempDir(); dir = filepath.Dir(dir) {
		require.NoError(t, os.Chmod(dir, 0o755))
	}
	if info, err := os.Stat(filepath.Dir(path)); err == nil {
		require.NoError(t, os.Chmod(filepath.Dir(path), info.Mode().Perm()|0o055))
	}
	return start(t, path, asNobody+"=yes")
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"", ":memory:", ":memory:?x", "md:shop", "s3://bucket/shop.duckdb", "https://example.org/a.duckdb", "a?b.duckdb"} {
		_, err := duckdb.New(duckdb.Options{Path: path})
		require.Equal(t, fault.Invalid, fault.KindOf(err), path)
	}
	t.Run("a wrong memory limit", func(t *testing.T) {
		t.Parallel()
		w, err := duckdb.New(duckdb.Options{Path: shop(t), MemoryLimit: "lots"})
		require.NoError(t, err)
		_, err = count(t.Context(), w, "SELECT 1")
		require.Equal(t, fault.Invalid, fault.KindOf(err))
		require.ErrorContains(t, err, `"lots"`)
	})
}

// TestBrokenView is about a view whose table dbt has dropped since.
func TestBrokenView(t *testing.T) {
	t.Parallel()
	w := create(t, duckdb.Options{}, "CREATE TABLE t AS SELECT 1 AS i", "CREATE VIEW v AS SELECT i FROM t", "CREATE TABLE u AS SELECT 1 AS i")
	require.NoError(t, exec1(t.Context(), w, "DROP TABLE t"))
	_, err := w.Relation(t.Context(), warehouse.Relation{Name: "v"})
	require.Equal(t, fault.Invalid, fault.KindOf(err), "%v", err)
	require.ErrorContains(t, err, "shop.main.v does not work any more")
	_, err = w.Relation(t.Context(), warehouse.Relation{Name: "u"})
	require.NoError(t, err, "the rest of the warehouse does not suffer")
}

// TestLink names relations after the link, as dbt does whose profile holds it, and follows it when it is swapped.
func TestLink(t *testing.T) {
	t.Parallel()
	link := filepath.Join(t.TempDir(), "live.duckdb")
	blue, green := shop(t), shop(t)
	require.NoError(t, exec1(t.Context(), at(t, green, -1), "INSERT INTO t VALUES (2)"))
	require.NoError(t, os.Symlink(blue, link))
	w := at(t, link, -1)
	table, err := w.Relation(t.Context(), warehouse.Relation{Database: "live", Schema: "main", Name: "t"})
	require.NoError(t, err)
	require.EqualValues(t, "live", table.Relation.Database)
	require.NoError(t, os.Remove(link))
	require.NoError(t, os.Symlink(green, link))
	n, err := count(t.Context(), w, "SELECT count(*) FROM t")
	require.NoError(t, err)
	require.EqualValues(t, 2, n)
}

// TestNames opens files whose names mean something to a URL or to DuckDB, and names their relations as dbt does.
func TestNames(t *testing.T) {
	t.Parallel()
	for name, catalog := range map[string]warehouse.Ident{
		"shop.duckdb": "shop", "memory.duckdb": "memory", "main.duckdb": "main_db", "a b#c%20.duckdb": "a b#c%20", "o'clock.db": "o'clock",
		"my.shop.duckdb": "my", "temp.duckdb": "temp_db", "ünï": "ünï",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), name)
			w := create(t, duckdb.Options{Path: path}, "CREATE TABLE t AS SELECT 1 AS i")
			require.FileExists(t, path)
			table, err := w.Relation(t.Context(), warehouse.Relation{Name: "t"})
			require.NoError(t, err)
			require.Equal(t, catalog, table.Relation.Database)
			require.NoError(t, w.Read(t.Context(), func(ctx context.Context, r warehouse.Reader) error {
				_, err := r.Query(ctx, `SELECT i FROM "`+string(catalog)+`".main.t`)
				return err
			}))
		})
	}
}
