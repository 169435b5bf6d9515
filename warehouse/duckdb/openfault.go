package duckdb

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/headwater-mcp/headwater/fault"
)

// name is how messages call the warehouse.
func (o opening) name() string { return o.path }

// checkFile says early and better than DuckDB what is wrong with a path. It looks at the file without opening it.
func checkFile(o opening, mode mode) error {
	info, err := os.Stat(o.path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && mode == readWrite && o.create:
		return nil
	case err != nil:
		return openFault(err, o)
	case info.IsDir():
		return fault.New(fault.Unavailable, "The warehouse %s is a folder, not a DuckDB file. Set warehouse.path in headwater.yaml to the file.%s",
			o.name(), suggest(o.path, "", "The folder holds"))
	case !info.Mode().IsRegular():
		return fault.New(fault.Unavailable, "The warehouse %s is no regular file, so it cannot be a DuckDB database. Check warehouse.path in headwater.yaml.", o.name())
	case info.Size() == 0:
		return fault.New(fault.Unavailable, "The warehouse %s is an empty file. Delete it and let dbt create it anew, or check warehouse.path in headwater.yaml.", o.name())
	}
	return nil
}

var (
	newerVersion = regexp.MustCompile(`database file with version number (\d+), but we can only read versions? (?:between )?(\d+)(?: and (\d+))?`)
	lockHolder   = regexp.MustCompile(`Conflicting lock is held in (.*?)\s*\(PID (\d+)\)`)
)

// isLocked recognises that another program holds the file.
func isLocked(err error) bool {
	text := err.Error()
	return strings.Contains(text, "Could not set lock on file") ||
		strings.Contains(text, "being used by another process") // Windows
}

// openFault says why a file could not be opened, and what helps. It is always fault.Unavailable: the file belongs to
// somebody else, and the same call works once it has been mended.
func openFault(err error, o opening) error {
	unavailable := func(format string, args ...any) error {
		return fault.Wrap(err, fault.Unavailable, "The warehouse %s "+format, append([]any{o.name()}, args...)...)
	}
	text := err.Error()
	has := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) })
	}
	switch {
	case errors.Is(err, fs.ErrNotExist), has("database does not exist"):
		return unavailable("does not exist. Run dbt once to create it, or check warehouse.path in headwater.yaml (path in the dbt profile).%s",
			suggest(filepath.Dir(o.path), filepath.Base(o.path), "Beside it are"))
	case isLocked(err):
		return unavailable("%s", heldByOthers(text, o))
	case newerVersion.MatchString(text):
		return unavailable("%s", otherVersion(text))
	case has("not a valid DuckDB database file"):
		return unavailable("is not a DuckDB database. Check warehouse.path in headwater.yaml (path in the dbt profile).")
	case has("read-only file system", "Read-only file system"), errors.Is(err, syscall.EROFS):
		return unavailable("lies on a read-only file system, so nothing can be written to it.")
	case has("Permission denied"), errors.Is(err, fs.ErrPermission):
		return unavailable("may not be opened by this user. Give the user of headwater permission to read and, for writing, to write it and its folder.")
	case has("replaying WAL"):
		return unavailable("was left by a program that died, and its log (%s.wal) is damaged, so the last changes cannot be read. "+
			"Open the file with the DuckDB version that wrote it; if that fails too, move the log away, which loses those changes, and run dbt again.", o.name())
	case has("Corrupt database file", "Could not read enough bytes", "checksum"):
		return unavailable("is damaged or only half copied. Restore it, or delete it and let dbt build it again.")
	case has("emory"):
		return unavailable("could not be opened in the memory allowed. Raise the memory limit of the warehouse (memory_limit under settings in the dbt profile).")
	}
	return unavailable("could not be opened by DuckDB. Open it with the DuckDB command line to see why.")
}

// heldByOthers names the program whose lock was not given up in time.
func heldByOthers(text string, o opening) string {
	who := "another program"
	if m := lockHolder.FindStringSubmatch(text); m != nil {
		who = describeProcess(m[2], m[1])
	}
	how := "is held for writing by "
	if strings.Contains(text, "read-only mode") { // DuckDB's hint that reading would be possible
		how = "is held open for reading by "
	}
	return how + who + ", and was not given up within " + o.wait.String() + ". Try again when it has finished, or close it there."
}

// describeProcess calls a process by the name it runs under, which for a script is the script's ("dbt"), where the
// system tells; the program that DuckDB names is then Python, of which nobody knows which it is.
func describeProcess(pid, program string) string {
	if pid == "0" {
		return "a program outside this container"
	}
	name := filepath.Base(program)
	if comm, err := os.ReadFile("/proc/" + pid + "/comm"); err == nil { //nolint:forbidigo // not the warehouse
		name = strings.TrimSpace(string(comm))
	}
	return name + " (process " + pid + ")"
}

// otherVersion explains a storage version that this build's DuckDB cannot read. The option must be in config_options:
// dbt-duckdb applies settings after the file has been created, when it is too late (tried with 1.11 and DuckDB 2.0).
func otherVersion(text string) string {
	m := newerVersion.FindStringSubmatch(text) // digits
	version, _ := strconv.Atoi(m[1])
	oldest, _ := strconv.Atoi(m[2])
	if version < oldest {
		return "was written by a DuckDB before 0.10, which this build (DuckDB " + engineVersion() + ") cannot read. " +
			"Export it with that version (EXPORT DATABASE) and import it with a newer one, or let dbt build it again."
	}
	return "was written by a newer DuckDB (storage version " + m[1] + ", as DuckDB 2.0 writes it) than this build of headwater reads (DuckDB " +
		engineVersion() + "). Put `config_options: {storage_compatibility_version: 'v1.5.0'}` into the target in profiles.yml, delete or rename " +
		"the file and run dbt, which then writes one that both read; or use the build of headwater for DuckDB 2."
}

// suggest lists up to three DuckDB files of a folder, the near misses of name first.
func suggest(folder, name, intro string) string {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return ""
	}
	var found []string
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); ext == ".duckdb" || ext == ".db" || ext == ".ddb" {
			found = append(found, e.Name())
		}
	}
	if near := fault.Near(name, found); name != "" && len(near) > 0 {
		return fault.DidYouMean(name, found)
	}
	if len(found) == 0 {
		return ""
	}
	return " " + intro + " " + strings.Join(found[:min(3, len(found))], ", ") + "."
}
