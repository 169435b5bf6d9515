package duckdb_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	driver "github.com/duckdb/duckdb-go/v2"
	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/warehouse"
	"github.com/headwater-mcp/headwater/warehouse/duckdb"
)

// foreignPath, in the environment, makes this binary another program that uses the file of that path.
// With asNobody it gives up the rights of root first.
const (
	foreignPath = "HEADWATER_TEST_FOREIGN_PATH"
	asNobody    = "HEADWATER_TEST_AS_NOBODY"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(foreignPath); path != "" {
		if os.Getenv(asNobody) != "" {
			const nobody = 65534
			if err := errors.Join(syscall.Setgid(nobody), syscall.Setuid(nobody)); err != nil {
				panic(err)
			}
		}
		(&program{path: path, in: bufio.NewScanner(os.Stdin)}).run()
		return
	}
	m.Run()
}

// program obeys one command a line and answers each with one line: "ok" or what went wrong.
type program struct {
	path string
	in   *bufio.Scanner
	db   *sql.DB
}

func (p *program) run() {
	for p.in.Scan() {
		answer := "ok"
		if err := p.do(p.in.Text()); err != nil {
			answer = strings.ReplaceAll(err.Error(), "\n", " ")
		}
		fmt.Println(answer) //nolint:forbidigo // the answer goes to the test through a pipe
	}
}

func (p *program) do(command string) (err error) {
	verb, argument, _ := strings.Cut(command, " ")
	switch verb {
	case "hold": // READ_ONLY or READ_WRITE, as DuckDB's own tools do
		connector, err := driver.NewConnector(p.path+"?access_mode="+argument, nil)
		if err != nil {
			return err
		}
		p.db = sql.OpenDB(connector)
		return p.db.PingContext(context.Background())
	case "exec":
		_, err = p.db.ExecContext(context.Background(), argument)
		return err
	case "close":
		return p.db.Close()
	case "once": // open, run, close
		if err := p.do("hold READ_WRITE"); err != nil {
			return err
		}
		err := p.do("exec " + argument)
		if closing := p.do("close"); err == nil {
			err = closing
		}
		return err
	case "remount":
		return remount(argument)
	case "headwater": // be in the middle of a call until the next line
		return p.headwater(argument)
	}
	return fmt.Errorf("unknown command %q", command)
}

func (p *program) headwater(call string) error {
	if statement, ok := strings.CutPrefix(call, "waits to "); ok { // as a worker does
		w, err := duckdb.New(duckdb.Options{Path: p.path, Purpose: "worker", Wait: 10 * time.Second})
		if err != nil {
			return err
		}
		return exec1(context.Background(), w, statement)
	}
	w, err := duckdb.New(duckdb.Options{Path: p.path, Purpose: "mcp", Wait: -1})
	if err != nil {
		return err
	}
	linger := func() { fmt.Println("ok"); p.in.Scan() } //nolint:forbidigo // see run
	switch call {
	case "read":
		return w.Read(context.Background(), func(context.Context, warehouse.Reader) error { linger(); return nil })
	case "write":
		return w.Write(context.Background(), func(context.Context, warehouse.Writer) error { linger(); return nil })
	case "lend and die": // of what it started nobody else knows
		return w.LendTo(context.Background(), "load.sh", func(lock *os.File) error { linger(); return holding(p.path, lock).Start() })
	}
	return w.Lend(context.Background(), call, func(context.Context) error { linger(); return nil })
}

// holding is a program that holds a lent lock until somebody writes to its FIFO.
func holding(path string, lock *os.File) *exec.Cmd {
	cmd := exec.Command("/bin/sh", "-c", `: >"$1.begun"; read -r _ <"$1.fifo"`, "sh", path)
	cmd.ExtraFiles = []*os.File{lock}
	return cmd
}

// foreign is the test's end of the pipe.
type foreign struct {
	t       *testing.T
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Scanner
}

func start(t *testing.T, path string, environment ...string) *foreign {
	t.Helper()
	return startAs(t, path, nil, environment...)
}

func startAs(t *testing.T, path string, as *syscall.SysProcAttr, environment ...string) *foreign {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self)
	cmd.SysProcAttr = as
	cmd.Env = append(append(os.Environ(), foreignPath+"="+path), environment...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	err = cmd.Start()
	if as != nil && errors.Is(err, syscall.EPERM) {
		t.Skip("this system does not let a process have its own mounts, so there is no read-only file system to test on")
	}
	require.NoError(t, err)
	f := &foreign{t, cmd, in, bufio.NewScanner(out)}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	return f
}

// ask sends a command and returns the answer.
func (f *foreign) ask(command string) string {
	f.t.Helper()
	_, err := io.WriteString(f.in, command+"\n")
	require.NoError(f.t, err)
	require.True(f.t, f.out.Scan(), "the other program ended")
	return f.out.Text()
}

func (f *foreign) must(command string) {
	f.t.Helper()
	require.Equal(f.t, "ok", f.ask(command), command)
}

// kill ends the program as a crash would: nothing is closed or flushed.
func (f *foreign) kill() {
	f.t.Helper()
	require.NoError(f.t, f.command.Process.Kill())
	_ = f.command.Wait()
}

func (f *foreign) pid() string { return strconv.Itoa(f.command.Process.Pid) }

// at opens the file of path with a short patience.
func at(t *testing.T, path string, wait time.Duration) *duckdb.Warehouse {
	t.Helper()
	w, err := duckdb.New(duckdb.Options{Path: path, Wait: wait, Purpose: "build"})
	require.NoError(t, err)
	return w
}

func count(ctx context.Context, w *duckdb.Warehouse, query string) (int64, error) {
	var n int64
	err := w.Read(ctx, func(ctx context.Context, r warehouse.Reader) error {
		all, err := warehouse.Collect(ctx, r, func(rows warehouse.Rows) (int64, error) {
			var value int64
			err := rows.Scan(&value)
			return value, err
		}, query)
		if err == nil {
			n = all[0]
		}
		return err
	})
	return n, err
}

func exec1(ctx context.Context, w *duckdb.Warehouse, statement string) error {
	return w.Write(ctx, func(ctx context.Context, w warehouse.Writer) error { return w.Exec(ctx, statement) })
}
