package cli_test

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/headwater-mcp/headwater/internal/cli"
	"github.com/headwater-mcp/headwater/internal/demo"
)

// TestMain lets scripts run the program itself, as a process of its own.
func TestMain(m *testing.M) {
	if source := os.Getenv(holder); source != "" {
		os.Exit(hold(source))
	}
	testscript.Main(m, map[string]func(){"headwater": func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		code := cli.Run(ctx, os.Args[1:], os.Environ(), cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
		stop()
		os.Exit(code)
	}, loader: func() { load(os.Args[1], os.Args[2]) }})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, ".state"))
			env.Setenv("NO_COLOR", "1")
			return nil
		},
		Condition: func(name string) (bool, error) { return name == "duckdb2" && readsDuckDB2(), nil },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "fails": fails, "world": world, "gunzip": gunzip, "truncate": truncate,
			"startrun": startrun, "runends": runends, "queued": queued, "endworker": endworker,
		},
	})
}

// fails CODE PROGRAM ARGS…: the program ends with that exit code and prints nothing on stdout.
func fails(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		ts.Fatalf("%s did not fail: %v", strings.Join(args[1:], " "), err)
	}
	if exit.ExitCode() != want {
		ts.Fatalf("exit code %d, want %d; it said: %s", exit.ExitCode(), want, ts.ReadFile("stderr"))
	}
	if out := ts.ReadFile("stdout"); out != "" {
		ts.Fatalf("a failing command printed on stdout: %s", out)
	}
}

// exits CODE PROGRAM ARGS…: the program ends with that exit code, whatever it prints.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	if exit, ok := errors.AsType[*exec.ExitError](ts.Exec(args[1], args[2:]...)); ok {
		code = exit.ExitCode()
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d; it said: %s", code, want, ts.ReadFile("stderr"))
	}
}

// shared is the demo's world, made once for all scripts.
var shared = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "headwater-world-")
	if err != nil {
		return "", err
	}
	_, err = demo.World(context.Background(), dir)
	return dir, err
})

// world DIR: a copy of the demo's world.
func world(ts *testscript.TestScript, _ bool, args []string) {
	from, err := shared()
	ts.Check(err)
	ts.Check(os.CopyFS(ts.MkAbs(args[0]), os.DirFS(from)))
}

// gunzip FROM TO: FROM is relative to the repository.
func gunzip(ts *testscript.TestScript, _ bool, args []string) {
	f, err := os.Open(repository(args[0]))
	ts.Check(err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	ts.Check(err)
	out, err := os.Create(ts.MkAbs(args[1]))
	ts.Check(err)
	_, err = io.Copy(out, z)
	ts.Check(err)
	ts.Check(out.Close())
}

// truncate FILE: cuts a file in half.
func truncate(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), info.Size()/2)) //nolint:mnd // half
}

func repository(path string) string { return filepath.Join("..", "..", filepath.FromSlash(path)) }

// readsDuckDB2 reports whether this build is the second one, linked with DuckDB 2.
func readsDuckDB2() bool {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return false
	}
	for _, m := range info.Deps {
		if m.Path == "github.com/duckdb/duckdb-go/v2" {
			return m.Version >= "v2.2"
		}
	}
	return false
}
