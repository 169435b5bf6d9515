//go:build unix

package process_test

import (
	"bufio"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/executor/process"
)

// startJob, in the environment, makes this binary another headwater that starts the job of that folder and then waits.
const startJob = "HEADWATER_TEST_START_JOB"

func TestMain(m *testing.M) {
	if dir := os.Getenv(startJob); dir != "" {
		err := process.At(dir).Start(t0, process.Command{Argv: os.Args[1:], Dir: filepath.Dir(dir), Env: os.Environ()})
		fmt.Println(err) //nolint:forbidigo // the answer goes to the test through a pipe
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
		return
	}
	m.Run()
}

// place is a folder with a script, what it waits for, and a job.
type place struct {
	t   *testing.T
	dir string
	job process.Job
}

// at makes a place whose script has that body. It may wait by `wait`, and say by `tell NAME` that it got somewhere.
func at(t *testing.T, body string) place {
	t.Helper()
	p := place{t: t, dir: t.TempDir()}
	p.job = process.At(filepath.Join(p.dir, "job"))
	require.NoError(t, syscall.Mkfifo(p.path("fifo"), 0o600))
	text := "#!/bin/sh\ntell() { : >\"$1\"; }\nwait_here() { read -r _ <fifo; } 2>/dev/null\n" + body + "\n"
	require.NoError(t, os.WriteFile(p.path("script"), []byte(text), 0o700))
	t.Cleanup(func() { _ = p.job.Stop(t0, os.Kill, 0) })
	return p
}

func (p place) path(name string) string { return filepath.Join(p.dir, name) }

func (p place) command(args ...string) process.Command {
	return process.Command{Argv: append([]string{"/bin/sh", "./script"}, args...), Dir: p.dir, Env: os.Environ()}
}

func (p place) start() {
	p.t.Helper()
	require.NoError(p.t, p.job.Start(p.t.Context(), p.command()))
}

func (p place) status() process.Status {
	p.t.Helper()
	s, err := p.job.Status()
	require.NoError(p.t, err)
	return s
}

// told waits until the script says that it got somewhere.
func (p place) told(name string) {
	p.t.Helper()
	await(p.t, func() bool {
		_, err := os.Stat(p.path(name))
		return err == nil
	})
}

// goOn lets the script go on.
func (p place) goOn() {
	p.t.Helper()
	f, err := os.OpenFile(p.path("fifo"), os.O_RDWR, 0)
	require.NoError(p.t, err)
	p.t.Cleanup(func() { _ = f.Close() })
	_, err = f.WriteString("\n")
	require.NoError(p.t, err)
}

// ended waits until nothing of the job lives.
func (p place) ended() process.Status {
	p.t.Helper()
	var s process.Status
	await(p.t, func() bool {
		s = p.status()
		return !s.Running
	})
	return s
}

func (p place) group() int {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(p.dir, "job", "pid"))
	require.NoError(p.t, err)
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	require.NoError(p.t, err)
	return n
}

func (p place) read(name string) string {
	p.t.Helper()
	text, err := os.ReadFile(p.path(name))
	require.NoError(p.t, err)
	return string(text)
}

// size is what the job's folder takes on the disk.
func (p place) size() (total int64) {
	p.t.Helper()
	require.NoError(p.t, filepath.WalkDir(filepath.Join(p.dir, "job"), func(_ string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		total += info.Size()
		return err
	}))
	return total
}

// await polls with a generous deadline: machines that run tests are busy.
func await(t *testing.T, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, 2*time.Minute, 5*time.Millisecond)
}

// living are the processes that run in the place, zombies left out.
func (p place) living() []string {
	p.t.Helper()
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		p.t.Skip("this system has no /proc to count processes by")
	}
	var out []string
	processes, err := filepath.Glob("/proc/[0-9]*")
	require.NoError(p.t, err)
	for _, process := range processes {
		if folder, err := os.Readlink(filepath.Join(process, "cwd")); err == nil && folder == p.dir && filepath.Base(process) != strconv.Itoa(os.Getpid()) {
			text, _ := os.ReadFile(filepath.Join(process, "cmdline"))
			out = append(out, strings.ReplaceAll(string(text), "\x00", " "))
		}
	}
	return out
}

// starter starts the job from another process and returns that.
func (p place) starter(args ...string) *exec.Cmd {
	p.t.Helper()
	self, err := os.Executable()
	require.NoError(p.t, err)
	cmd := exec.Command(self, append([]string{"/bin/sh", "./script"}, args...)...)
	cmd.Env = append(os.Environ(), startJob+"="+filepath.Join(p.dir, "job"))
	_, err = cmd.StdinPipe()
	require.NoError(p.t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(p.t, err)
	require.NoError(p.t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(p.t, err)
	require.Equal(p.t, "<nil>\n", line)
	return cmd
}
