//go:build unix

package process_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/headwater-mcp/headwater/agentops/executor/process"
	"github.com/headwater-mcp/headwater/fault"
)

// t0 is for what outlives a test.
var t0 = context.Background()

func TestACommandIsStartedOnceHoweverOftenItIsAsked(t *testing.T) {
	t.Parallel()
	p := at(t, `echo once >>count; wait_here`)
	var g errgroup.Group
	for range 8 {
		g.Go(func() error { return process.At(p.path("job")).Start(t.Context(), p.command()) })
		g.Go(func() error { _, err := process.At(p.path("job")).Status(); return err })
	}
	require.NoError(t, g.Wait())
	require.True(t, p.status().Running)
	p.goOn()
	require.Equal(t, process.Status{Started: true, Exited: true}, p.ended())
	p.start()
	require.Equal(t, "once\n", p.read("count"))
	await(t, func() bool { // no zombie is left of it
		return syscall.Kill(p.group(), 0) == syscall.ESRCH
	})
}

func TestTheExitCodeIsKept(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		body, says string
		code       int
	}{
		{"exit 0", "ended with exit code 0", 0},
		{"exit 3", "ended with exit code 3", 3},
		{"kill -9 $$", "was ended by signal 9 (killed)", 137},
		{"no-such-program-here", "ended with exit code 127", 127},
	} {
		t.Run(c.body, func(t *testing.T) {
			t.Parallel()
			p := at(t, c.body)
			p.start()
			require.Equal(t, process.Status{Started: true, Exited: true, Code: c.code}, p.ended())
			require.Equal(t, c.says, process.Ended(c.code))
		})
	}
}

func TestAJobOutlivesItsStarterAndIsTakenOver(t *testing.T) {
	t.Parallel()
	p := at(t, `echo begun; echo once >>count; tell begun; wait_here; echo went on; exit 7`)
	starter := p.starter()
	require.NoError(t, starter.Process.Kill())
	_ = starter.Wait()
	p.told("begun")
	require.Equal(t, process.Status{Started: true, Running: true}, p.status())
	p.start() // it is there
	p.goOn()
	require.Equal(t, process.Status{Started: true, Exited: true, Code: 7}, p.ended())
	require.Equal(t, "begun\nwent on", p.job.Tail())
	require.Equal(t, "once\n", p.read("count"))
}

func TestAJobOfAnotherProcessIsStopped(t *testing.T) {
	t.Parallel()
	p := at(t, `tell begun; wait_here`)
	starter := p.starter()
	p.told("begun")
	require.NoError(t, p.job.Stop(t.Context(), process.Terminate, time.Minute))
	require.Equal(t, process.Status{Started: true, Exited: true, Code: 143, Stopped: true}, p.status())
	require.NoError(t, starter.Process.Kill())
	_ = starter.Wait()
}

func TestWhatIgnoresThePoliteSignalIsKilled(t *testing.T) {
	t.Parallel()
	p := at(t, `trap '' TERM INT; tell begun; while :; do wait_here; done`)
	p.start()
	p.told("begun")
	require.NoError(t, p.job.Stop(t.Context(), process.Terminate, 50*time.Millisecond))
	require.Equal(t, process.Status{Started: true, Stopped: true}, p.status(), "nothing was left to say how it ended")
	require.Empty(t, p.living())
}

func TestAPoliteEndLeavesTimeToCleanUp(t *testing.T) {
	t.Parallel()
	p := at(t, `trap 'echo cleaned; exit 5' TERM; tell begun; while :; do wait_here; done`)
	p.start()
	p.told("begun")
	require.NoError(t, p.job.Stop(t.Context(), process.Terminate, time.Minute))
	require.Equal(t, process.Status{Started: true, Exited: true, Code: 5, Stopped: true}, p.status())
	require.Equal(t, "cleaned", p.job.Tail())
	require.NoError(t, p.job.Stop(t.Context(), process.Terminate, 0), "twice is no harm")
}

func TestStoppingReachesAllThatACommandStarted(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("setsid"); err != nil {
		t.Skip("setsid is not installed, so no process can leave its group")
	}
	p := at(t, `
tail -f /dev/null &
(tail -f /dev/null & tail -f /dev/null) &
setsid sh -c ': >far; while :; do read -r _ <fifo; done' &
(trap '' TERM; tell ignoring; while :; do wait_here; done) &
tell begun
wait`)
	p.start()
	p.told("begun")
	p.told("ignoring")
	p.told("far")
	await(t, func() bool { return len(p.living()) >= 7 })
	require.NoError(t, p.job.Stop(t.Context(), process.Terminate, time.Second))
	require.Empty(t, p.living())
}

func TestWhatACommandLeavesBehindEndsWithIt(t *testing.T) {
	t.Parallel()
	p := at(t, `tail -f /dev/null & exit 0`)
	p.start()
	require.Equal(t, process.Status{Started: true, Exited: true}, p.ended())
	require.Empty(t, p.living())
}

func TestAJobKilledWithAllOfItIsLost(t *testing.T) {
	t.Parallel()
	p := at(t, `tell begun; wait_here`)
	p.start()
	p.told("begun")
	require.NoError(t, syscall.Kill(-p.group(), syscall.SIGKILL))
	require.Equal(t, process.Status{Started: true}, p.ended())
	p.start()
	require.Equal(t, process.Status{Started: true}, p.status(), "it is not started again")
}

func TestAJobThatIsStoppedBeforeItStartsNeverDoes(t *testing.T) {
	t.Parallel()
	p := at(t, `tell begun`)
	require.Equal(t, process.Status{}, p.status())
	require.NoError(t, p.job.Stop(t.Context(), process.Terminate, time.Minute))
	p.start()
	require.Equal(t, process.Status{Started: true, Stopped: true}, p.status())
	require.NoFileExists(t, p.path("begun"))
}

func TestOneThatCannotStopInTimeSaysSo(t *testing.T) {
	t.Parallel()
	p := at(t, `trap '' TERM; tell begun; while :; do wait_here; done`)
	p.start()
	p.told("begun")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, p.job.Stop(ctx, process.Terminate, time.Hour), context.DeadlineExceeded)
	require.True(t, p.status().Running)
	require.NoError(t, p.job.Stop(t.Context(), process.Terminate, 0))
}

func TestOutputTakesBoundedRoomAndItsEndIsKept(t *testing.T) {
	t.Parallel()
	p := at(t, `yes 'the same line over and over' | head -c 104857600; echo; echo to the error stream >&2; echo the end`)
	p.start()
	require.Equal(t, 0, p.ended().Code)
	require.Less(t, p.size(), int64(7<<20))
	tail := p.job.Tail()
	require.True(t, strings.HasSuffix(tail, "to the error stream\nthe end"), tail)
	require.LessOrEqual(t, len(tail), 4<<10)
}

func TestTheTailIsSeenWhileItRunsAndSteersNoTerminal(t *testing.T) {
	t.Parallel()
	p := at(t, `
head -c 200000 /dev/zero | tr '\0' x; echo
printf 'gone\r\033[31mred\033[0m \033]0;title\007\200 \342\200\256back\n'
tell printed; wait_here`)
	p.start()
	p.told("printed")
	var tail string
	await(t, func() bool { tail = p.job.Tail(); return strings.Contains(tail, "back") })
	require.LessOrEqual(t, len(tail), 4<<10)
	require.NotContains(t, tail, "title")
	require.Negative(t, strings.IndexFunc(tail, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }))
	p.goOn()
	p.ended()
}

func TestArgumentsReachTheCommandAsTheyAre(t *testing.T) {
	t.Parallel()
	p := at(t, `printf '%s\n' "$@" >arguments; printf '%s' "$WISH" >environment`)
	args := []string{"$(touch owned)", "`touch owned`", "; touch owned", "'\"", "", "-n", "a b\tc", "*", "{node}", "\\", "é😀"}
	command := p.command(args...)
	command.Env = append(command.Env, "WISH=one", "WISH=$(touch owned)")
	require.NoError(t, p.job.Start(t.Context(), command))
	p.ended()
	require.Equal(t, strings.Join(args, "\n")+"\n", p.read("arguments"))
	require.Equal(t, "$(touch owned)", p.read("environment"))
	require.NoFileExists(t, p.path("owned"))
}

func TestFilesThatAreHandedOnStayOpenAsLongAsTheCommand(t *testing.T) {
	t.Parallel()
	p := at(t, `tell begun; wait_here`)
	f, err := os.Create(p.path("held"))
	require.NoError(t, err)
	require.NoError(t, syscall.Flock(int(f.Fd()), syscall.LOCK_EX))
	command := p.command()
	command.Files = []*os.File{f}
	require.NoError(t, p.job.Start(t.Context(), command))
	require.NoError(t, f.Close())
	other, err := os.Open(p.path("held"))
	require.NoError(t, err)
	defer other.Close()
	require.ErrorIs(t, syscall.Flock(int(other.Fd()), syscall.LOCK_EX|syscall.LOCK_NB), syscall.EWOULDBLOCK)
	p.goOn()
	p.ended()
	require.NoError(t, syscall.Flock(int(other.Fd()), syscall.LOCK_EX|syscall.LOCK_NB))
}

func TestAProgramThatIsNotThereIsSaid(t *testing.T) {
	t.Parallel()
	p := at(t, `tell begun`)
	require.NoError(t, os.WriteFile(p.path("text"), nil, 0o600))
	for program, says := range map[string]string{
		"":              "without a program",
		"no-such-thing": `no program "no-such-thing" in the PATH`,
		"eval":          `no program "eval" in the PATH`,
		"./missing.sh":  "./missing.sh cannot be run: no such file or directory. Name a program that is there and executable; a relative path starts at " + p.dir,
		"./text":        "./text cannot be run: permission denied",
		p.dir:           p.dir + " cannot be run: it is a folder",
	} {
		err := p.job.Start(t.Context(), process.Command{Argv: []string{program, "tell"}, Dir: p.dir, Env: os.Environ()})
		require.Equal(t, fault.Invalid, fault.KindOf(err), program)
		require.ErrorContains(t, err, says)
	}
	require.False(t, p.status().Started, "what could not be started may be tried again")
	p.start()
	require.Equal(t, 0, p.ended().Code)
}

func TestAFolderThatCannotBeMadeIsSaid(t *testing.T) {
	t.Parallel()
	p := at(t, ``)
	err := process.At(filepath.Join(p.path("script"), "job")).Start(t.Context(), p.command())
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
	require.ErrorContains(t, err, "cannot be used: not a directory. It needs to be on a local disk with room, and writable.")
}
