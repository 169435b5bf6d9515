package duckdb

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	duckdb "github.com/duckdb/duckdb-go/v2"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/warehouse"
)

// mode says what an instance may do with the file.
type mode string

const (
	readOnly  mode = "READ_ONLY"
	readWrite mode = "READ_WRITE"
)

// pollEvery is the pause between two attempts at a lock that somebody else holds.
const pollEvery = 20 * time.Millisecond

// scratch is the empty database with which an instance starts, detached once the file is there.
const scratch warehouse.Ident = "headwater_scratch"

// opening is the request to open one file.
type opening struct {
	settings

	real string // path without symbolic links: what locks are about
}

// instance is the one open DuckDB of a file in this process.
type instance struct {
	mode    mode
	key     string // shareable settings
	catalog warehouse.Ident
	db      *sql.DB
	beside  *lockFile
	spill   string // temporary folder, "" where none could be made
	opening opening
	doomed  atomic.Bool // DuckDB gave up on it: nobody may join any more
}

// serves reports whether a caller with these settings can share the instance.
func (i *instance) serves(o opening) bool { return i.key == o.shareable() && !i.doomed.Load() }

// openInstance takes our lock, then DuckDB's, waiting o.wait for each. Errors are faults.
func openInstance(ctx context.Context, o opening, mode mode) (*instance, error) {
	if err := checkFile(o, mode); err != nil {
		return nil, err
	}
	beside, err := lockBeside(ctx, o, mode, o.purpose)
	if err != nil {
		return nil, err
	}
	i := &instance{mode: mode, key: o.shareable(), beside: beside, opening: o}
	// Without a folder to spill to, large queries fail with a sentence about memory; small ones work.
	i.spill, _ = os.MkdirTemp(o.tempDir, "headwater-duckdb-")
	connector, err := duckdb.NewConnector(":memory:?"+i.startup(), nil)
	if err != nil {
		i.close()
		return nil, fault.Wrap(err, fault.Invalid, "DuckDB does not accept the settings of the warehouse: memory limit %q, threads %d. "+
			"A memory limit is written like 2GB.", o.memoryLimit, o.threads)
	}
	i.db = sql.OpenDB(connector)
	i.db.SetMaxIdleConns(0) // a session must not inherit temporary tables or a search path from another
	if err := i.attach(ctx); err != nil {
		i.close()
		return nil, err
	}
	return i, nil
}

// startup are the settings that must stand before anything is opened.
func (i *instance) startup() string {
	v := url.Values{}
	for _, off := range []string{
		"autoinstall_known_extensions", "autoload_known_extensions", "allow_community_extensions", "allow_persistent_secrets",
	} {
		v.Set(off, "false")
	}
	v.Set("temp_directory", i.spill)
	if i.opening.memoryLimit != "" {
		v.Set("memory_limit", i.opening.memoryLimit)
	}
	if i.opening.threads > 0 {
		v.Set("threads", strconv.Itoa(i.opening.threads))
	}
	return v.Encode()
}

// attach makes the file the only database of the instance and then locks the settings. ATTACH is used rather than the
// driver's connection string because that is parsed as a URL: a path with # in it would lose its options, read-only
// among them. DuckDB names the catalog after the file, as it does for dbt.
func (i *instance) attach(ctx context.Context) error {
	conn, err := i.db.Conn(ctx)
	if err != nil {
		return openFault(err, i.opening)
	}
	defer conn.Close() //nolint:errcheck // closing a connection to an instance that stays has nothing to report
	run := func(statement string) {
		if err == nil {
			_, err = conn.ExecContext(ctx, statement)
		}
	}
	run("ATTACH ':memory:' AS " + quote(scratch))
	run("USE " + quote(scratch))
	run("DETACH memory")
	if err == nil && i.opening.memoryLimit == "" {
		err = capMemory(ctx, conn)
	}
	if err == nil {
		err = i.attachFile(ctx, conn)
	}
	if err == nil {
		var name string
		err = conn.QueryRowContext(ctx, "SELECT database_name FROM duckdb_databases() WHERE NOT internal AND database_name <> ?",
			string(scratch)).Scan(&name)
		i.catalog = warehouse.Ident(name)
	}
	run("USE " + quote(i.catalog))
	run("DETACH " + quote(scratch))
	for _, statement := range i.confinement() {
		run(statement)
	}
	if ctx.Err() != nil {
		return interrupted(ctx)
	}
	if err != nil {
		return openFault(err, i.opening)
	}
	return nil
}

// capMemory sets the default limit where DuckDB's own, which it tells like "18.8 GiB", is higher: a server that answers beside an
// editor must not take most of a machine.
func capMemory(ctx context.Context, conn *sql.Conn) error {
	var has string
	if err := conn.QueryRowContext(ctx, "SELECT current_setting('memory_limit')").Scan(&has); err != nil {
		return err //nolint:wrapcheck // translated by the caller
	}
	number, unit, _ := strings.Cut(has, " ")
	size, err := strconv.ParseFloat(number, 64)
	if err == nil && (unit == "TiB" || unit == "GiB" && size > defaultMemory) {
		_, err = conn.ExecContext(ctx, fmt.Sprintf("SET GLOBAL memory_limit = '%dGiB'", defaultMemory))
	}
	return err //nolint:wrapcheck // as above
}

// defaultMemory is the limit in GiB where none is given. What DuckDB takes besides is some hundred MB.
const defaultMemory = 3

// attachFile waits for a lock that another program holds. The error is DuckDB's.
func (i *instance) attachFile(ctx context.Context, conn *sql.Conn) error {
	statement := "ATTACH " + literal(i.opening.path) + " (TYPE duckdb, " + string(i.mode) //nolint:gosec // quoted; ATTACH binds nothing
	if _, err := os.Stat(i.opening.path); i.mode == readWrite && os.IsNotExist(err) {
		statement += ", STORAGE_VERSION 'v1.0.0'" // what a new file needs to be read by every DuckDB since 1.0
	}
	statement += ")"
	enough := time.NewTimer(i.opening.wait)
	defer enough.Stop()
	again := time.NewTicker(pollEvery)
	defer again.Stop()
	for {
		_, err := conn.ExecContext(ctx, statement)
		if err == nil || !isLocked(err) {
			return err //nolint:wrapcheck // translated by the caller
		}
		select {
		case <-again.C:
		case <-enough.C:
			return err //nolint:wrapcheck // as above
		case <-ctx.Done():
			return err //nolint:wrapcheck // as above
		}
	}
}

// confinement are the statements after which nothing but the file and the allowed roots can be reached.
func (i *instance) confinement() []string {
	files, folders := i.opening.roots()
	return []string{
		"SET GLOBAL TimeZone = " + literal(utc),
		"SET disabled_optimizers = " + literal(failing),
		"SET allowed_paths = " + list(files),
		"SET allowed_directories = " + list(folders),
		"SET enable_external_access = false", // adds the file and its log to what is allowed
		"SET lock_configuration = true",
	}
}

// failing is an optimizer of DuckDB that ends some plans in an internal error ("Failed to cast expression to type"), and with
// it the instance: plans that keep the first row of each group of what a semi join lets through, in tables of some shapes and
// sizes. Restating the demo's fact by day is one; a view of the user's that removes repeated rows can be another. Seen in 1.5.6.
const failing = "top_n_window_elimination"

func list(values []string) string {
	quoted := make([]string, len(values))
	for n, v := range values {
		quoted[n] = literal(v)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// close gives the file back. DuckDB writes its log into the file when the last connection is gone.
func (i *instance) close() {
	if i.db != nil {
		_ = i.db.Close() // sessions have ended before, and DuckDB reports nothing here
	}
	if i.spill != "" {
		_ = os.RemoveAll(i.spill) // a leftover in the system's temporary folder is no reason to fail
	}
	i.beside.release()
}
