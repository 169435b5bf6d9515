package duckdb

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/fault"
)

// defaultWait is long enough for a dbt model to finish its commit and short enough for an agent that waits.
const defaultWait = 2 * time.Second

// Options says which file, and what a statement may use.
type Options struct {
	// Path of the DuckDB file; relative to the working directory.
	Path string
	// Create lets Write create the file where it is missing. Without it a missing file is fault.Unavailable: a typing
	// error must not leave an empty warehouse behind.
	Create bool
	// MemoryLimit as DuckDB writes it ("2GB", "80%"), beyond which it spills to TempDir; empty for 3 GiB, or DuckDB's default of 80 %
	// of the machine's memory where that is less.
	MemoryLimit string
	// Threads, 0 for DuckDB's default.
	Threads int
	// AllowedPaths are files and folders that views of the warehouse may read besides the file itself, such as
	// external_root of the dbt profile.
	AllowedPaths []string
	// Wait is how long a call waits for other programs that hold the file; 0 for two seconds, negative for not at all.
	Wait time.Duration
	// TempDir is the folder in which large queries make their temporary folder; empty for the system's.
	TempDir string
	// Purpose tells other headwater processes what this one is ("mcp", "build").
	Purpose string
}

// settings are options as checked. Two Warehouses of one file share an instance only where these are equal.
type settings struct {
	path        string // absolute, symbolic links not resolved: DuckDB names the catalog and the log after it
	create      bool
	memoryLimit string
	threads     int
	allowed     string // absolute paths, each ended by a NUL
	wait        time.Duration
	tempDir     string
	purpose     string
}

func (o Options) settings() (settings, error) {
	path := strings.TrimPrefix(o.Path, "duckdb://")
	switch scheme, _, found := strings.Cut(path, ":"); {
	case path == "":
		return settings{}, fault.New(fault.Invalid, "The DuckDB warehouse has no path. Set warehouse.path in headwater.yaml, or path in the dbt profile.")
	case strings.HasPrefix(path, ":memory:"):
		return settings{}, fault.New(fault.Invalid, "The DuckDB warehouse is in memory, so it ends with the process that made it. "+
			"Set path in the dbt profile to a file.")
	case found && len(scheme) > 1 && !strings.ContainsAny(scheme, `/\`):
		return settings{}, fault.New(fault.Invalid, "%q is no local DuckDB file. Headwater reads files on this machine; set warehouse.path to one.", path)
	case strings.Contains(path, "?"):
		return settings{}, fault.New(fault.Invalid, "%q holds a question mark, which DuckDB takes for the start of options. Rename the file.", path)
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return settings{}, fault.Wrap(err, fault.Unavailable, "The working folder does not exist any more, so %q names no file. Start headwater again.", path)
	}
	s := settings{
		path: absolute, create: o.Create, memoryLimit: o.MemoryLimit, threads: max(o.Threads, 0), wait: o.Wait, tempDir: o.TempDir,
		purpose: strings.TrimSpace("headwater " + o.Purpose),
	}
	if s.wait == 0 {
		s.wait = defaultWait
	}
	s.wait = max(s.wait, 0)
	if s.tempDir == "" {
		s.tempDir = os.TempDir()
	}
	// Not `return s, s.allow(…)`: Go may copy s before allow has changed it.
	err = s.allow(o.AllowedPaths)
	return s, err
}

// allow keeps the extra roots as one comparable string.
func (s *settings) allow(roots []string) error {
	var b strings.Builder
	for _, root := range roots {
		absolute, err := filepath.Abs(root)
		if err != nil || strings.ContainsRune(root, 0) {
			return fault.New(fault.Invalid, "%q is no folder that could be allowed to views of the warehouse.", root)
		}
		b.WriteString(absolute)
		b.WriteByte(0)
	}
	s.allowed = b.String()
	return nil
}

// roots are the allowed paths, files and folders apart, since DuckDB matches the first whole and the second by prefix.
func (s *settings) roots() (files, folders []string) {
	for root := range strings.SplitSeq(strings.TrimSuffix(s.allowed, "\x00"), "\x00") {
		if root == "" {
			continue
		}
		if info, err := os.Stat(root); err == nil && !info.IsDir() {
			files = append(files, root)
			continue
		}
		folders = append(folders, root)
	}
	return files, folders
}

// shareable is the part of the settings in which two callers of one instance must agree.
func (s *settings) shareable() string {
	return strings.Join([]string{s.path, s.memoryLimit, strconv.Itoa(s.threads), s.allowed, s.tempDir}, "\x00\x00")
}

// resolve finds the file that the path means now. Links are followed at every call, since a link may be swapped to
// publish a new version of a warehouse.
func (s *settings) resolve() (*file, opening, error) {
	target, err := filepath.EvalSymlinks(s.path)
	if os.IsNotExist(err) {
		folder, err := filepath.EvalSymlinks(filepath.Dir(s.path))
		if err != nil {
			return nil, opening{}, openFault(err, opening{settings: *s, real: s.path})
		}
		target = filepath.Join(folder, filepath.Base(s.path))
	} else if err != nil {
		return nil, opening{}, openFault(err, opening{settings: *s, real: s.path})
	}
	return processFiles.file(target), opening{settings: *s, real: target}, nil
}
