//go:build unix

package cli_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/activation/dbtpackage/dbttest"
	"github.com/headwater-mcp/headwater/internal/worker"
)

// program is a project on real dbt, and the program itself, run as processes of their own: commands, and the worker that they start.
type program struct {
	outage

	// calls is a file with a line for each dbt that a worker has started.
	calls string
}

// newProgram writes the project. Its dbt is run by a script that counts, and does before what prelude says.
func newProgram(t *testing.T, files map[string]string, begin int, prelude string) program {
	t.Helper()
	now := time.Now().UTC().Truncate(24 * time.Hour)
	p := program{outage: newOutage(t, files, now, now.AddDate(0, 0, begin).Format(time.DateOnly))}
	p.calls = filepath.Join(p.Dir, "calls")
	p.script(t, "bin/dbt", fmt.Sprintf("echo \"$*\" >>'%s'\n%s\nexec '%s' \"$@\"\n", p.calls, prelude, dbttest.Command(t)))
	self, err := os.Executable()
	require.NoError(t, err)
	require.NoError(t, os.Symlink(self, filepath.Join(p.Dir, loader)))
	t.Cleanup(func() { p.endWorker(t, syscall.SIGTERM) })
	return p
}

func (p program) script(t *testing.T, path, text string) {
	t.Helper()
	p.Write(t, path, "#!/bin/sh\n"+text)
	require.NoError(t, os.Chmod(filepath.Join(p.Dir, path), 0o700))
}

// headwater runs a command to its end.
func (p program) headwater(t *testing.T, args ...string) (code int, out, said string) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	var stdout, stderr bytes.Buffer
	cmd := exec.Cmd{Path: self, Args: append([]string{"headwater", "--project", p.Dir}, args...), Dir: p.Dir, Stdout: &stdout, Stderr: &stderr}
	err = cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), stdout.String(), stderr.String()
	}
	require.NoError(t, err)
	return 0, stdout.String(), stderr.String()
}

// call calls a tool, which has to answer.
func (p program) call(t *testing.T, tool string, arguments map[string]any, answer any) string {
	t.Helper()
	text, err := json.Marshal(arguments)
	require.NoError(t, err)
	code, out, said := p.headwater(t, "call", tool, "--json", string(text))
	require.Equal(t, 0, code, "%s %s: %s", tool, text, said)
	require.NoError(t, json.Unmarshal([]byte(out), answer), out)
	return out
}

// problems are what check_partitions finds of what makes the fact and what is made of it, from ten days ago to yesterday: a line for
// each range.
func (p program) problems(t *testing.T) []string {
	t.Helper()
	var answer struct{ Nodes []checkedNode }
	p.call(t, "check_partitions", map[string]any{"select": "+daily_events+", "first": p.day(-10), "last": p.day(-1)}, &answer)
	lines := []string{}
	for _, n := range answer.Nodes {
		for _, r := range n.Ranges {
			line := []string{p.dated(n.ID, r.First, r.Last), r.Presence}
			for _, f := range r.Findings {
				line = append(line, f.Finding)
			}
			lines = append(lines, strings.Join(line, " "))
		}
	}
	return lines
}

// dated writes a range of days of a node as distances from today; other periods as they are.
func (p program) dated(name, first, last string) string {
	short := func(date string) string {
		at, err := time.Parse(time.DateOnly, date)
		if err != nil {
			return date
		}
		return strconv.Itoa(int(at.Sub(p.now) / (24 * time.Hour)))
	}
	return fmt.Sprintf("%s %s..%s", name[strings.LastIndex(name, ".")+1:], short(first), short(last))
}

// planned is an answer of plan_backfill.
type planned struct {
	PlanID   string `json:"plan_id"`
	Estimate struct{ Pairs int }
	Waves    []struct {
		Pairs []struct{ Node, First, Last, Executor, Reason string }
	}
	Refused  []json.RawMessage
	Commands []string
	// lines has one for each range: its wave, node, days, executor and reason.
	lines []string
}

// plan plans from the first day on, up to yesterday.
func (p program) plan(t *testing.T, selected string, first int) planned {
	t.Helper()
	var plan planned
	p.call(t, "plan_backfill", map[string]any{"select": selected, "first": p.day(first), "last": p.day(-1)}, &plan)
	for i, w := range plan.Waves {
		for _, r := range w.Pairs {
			plan.lines = append(plan.lines, fmt.Sprintf("%d %s by %s: %s", i, p.dated(r.Node, r.First, r.Last), r.Executor, r.Reason))
		}
	}
	t.Logf("plan %s, %d pairs:\n%s\n%s", plan.PlanID, plan.Estimate.Pairs, strings.Join(plan.lines, "\n"), strings.Join(plan.Commands, "\n"))
	return plan
}

// standing is an answer of get_backfill.
type standing struct {
	RunID    string `json:"run_id"`
	Status   string
	Progress struct{ Done, Failed, Blocked, Running, Pending, Cancelled int }
	Failures []struct {
		Node, Period, Error string
		Attempt             int
		LogTail             string `json:"log_tail"`
	}
	Receipt *struct {
		Ready    []struct{ Node, First, Last string }
		NotReady []struct{ Node, First, Last string } `json:"not_ready"`
		Note     string
	}
	size int
}

// start starts a plan; the run goes on in a worker.
func (p program) start(t *testing.T, plan planned) (run string) {
	t.Helper()
	var started struct {
		RunID string `json:"run_id"`
	}
	p.call(t, "start_backfill", map[string]any{"plan_id": plan.PlanID, "reason": "the outage is over"}, &started)
	return started.RunID
}

// patience is how long anything may take on a machine that is busy with other tests.
const patience = 8 * time.Minute

// ended follows a run to its end.
func (p program) ended(t *testing.T, run string) standing {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		var s standing
		s.size = len(p.call(t, "get_backfill", map[string]any{"run_id": run, "wait_seconds": 25}, &s))
		if s.Status == "succeeded" || s.Status == "failed" || s.Status == "cancelled" {
			return s
		}
	}
	require.FailNow(t, "the run does not end", p.log(t))
	return standing{}
}

func (p program) control(t *testing.T, run, action string) {
	t.Helper()
	var answer struct{ Status string }
	p.call(t, "control_backfill", map[string]any{"run_id": run, "action": action}, &answer)
}

// ready checks that what the plan promised is there.
func (s standing) ready(t *testing.T) {
	t.Helper()
	require.Equal(t, "succeeded", s.Status, "%+v", s.Failures)
	require.NotNil(t, s.Receipt)
	require.Empty(t, s.Receipt.Note)
	require.Empty(t, s.Receipt.NotReady)
	require.NotEmpty(t, s.Receipt.Ready)
}

func (p program) state() string { return filepath.Join(p.Dir, ".headwater", "state.db") }

// log is what workers said.
func (p program) log(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(worker.LogPath(p.state()))
	require.NoError(t, err)
	return string(text)
}

// endWorker signals the worker, and one that was started beside it and takes its place, until none lives.
func (p program) endWorker(t *testing.T, sig syscall.Signal) {
	t.Helper()
	told := ""
	p.await(t, "no worker lives", func() bool {
		who, alive := worker.Alive(p.state())
		var pid int
		if _, err := fmt.Sscanf(who, "process %d", &pid); err == nil && alive && who != told {
			told = who
			require.Contains(t, []error{nil, syscall.ESRCH}, syscall.Kill(pid, sig))
		}
		return !alive
	})
}

func (program) await(t *testing.T, what string, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, patience, 10*time.Millisecond, what)
}

// jobs are the folders of the jobs of a run.
func (p program) jobs(t *testing.T, run string) []string {
	t.Helper()
	folders, err := filepath.Glob(filepath.Join(worker.Dir(p.state()), run, "*"))
	require.NoError(t, err)
	return folders
}

// groups are the process groups of the jobs of a run of which a process lives; one that has ended and that nobody has asked about yet
// does not.
func (p program) groups(t *testing.T, run string) (alive []int) {
	t.Helper()
	for _, job := range p.jobs(t, run) {
		text, err := os.ReadFile(filepath.Join(job, "pid"))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		require.NoError(t, err)
		group, err := strconv.Atoi(strings.TrimSpace(string(text)))
		require.NoError(t, err)
		processes, err := exec.CommandContext(t.Context(), "ps", "-A", "-o", "pgid=,stat=").Output()
		require.NoError(t, err)
		for line := range strings.Lines(string(processes)) {
			if f := strings.Fields(line); len(f) > 1 && f[0] == strconv.Itoa(group) && !strings.HasPrefix(f[1], "Z") && !slices.Contains(alive, group) {
				alive = append(alive, group)
			}
		}
	}
	return alive
}

// called are the command lines of all dbts that were started so far.
func (p program) called(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(p.calls)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	require.NoError(t, err)
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

// files are the hashes of all files below a folder of the project, and their times of change.
func (p program) files(t *testing.T, folder string) map[string]string {
	t.Helper()
	out := map[string]string{}
	require.NoError(t, filepath.WalkDir(filepath.Join(p.Dir, folder), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		info, err := entry.Info()
		out[path] = fmt.Sprintf("%x %s", sha256.Sum256(text), info.ModTime())
		return err
	}))
	return out
}
