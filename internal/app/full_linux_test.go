package app_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/internal/app"
	"github.com/headwater-mcp/headwater/internal/store"
)

// ownMounts names, in the environment of a child, the folder on which it mounts file systems of its own.
const ownMounts = "HEADWATER_TEST_OWN_MOUNTS"

// inOwnMounts runs the calling test once more in a child that may mount; it returns the folder where this is that child, else "".
func inOwnMounts(t *testing.T) string {
	t.Helper()
	if folder := os.Getenv(ownMounts); folder != "" {
		return folder
	}
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self, "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), ownMounts+"="+t.TempDir(), "XDG_STATE_HOME="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWNS | syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	said, err := cmd.CombinedOutput()
	if errors.Is(err, syscall.EPERM) {
		t.Skip("this system does not let a process have its own mounts, so there is no small or read-only file system to test on")
	}
	require.NoError(t, err, "%s", said)
	require.Contains(t, string(said), "--- PASS: "+t.Name())
	return ""
}

// TestADiskThatIsFullWhileARunWrites: the run fails in a sentence, store and outputs stand as they were, and with space again
// retry_failed makes it right.
func TestADiskThatIsFullWhileARunWrites(t *testing.T) {
	t.Parallel()
	folder := inOwnMounts(t)
	if folder == "" {
		return
	}
	require.NoError(t, syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=24m"))
	o := newOwnBuildsIn(t, folder, mayWriteOutputs, "state: "+filepath.Join(t.TempDir(), "state.db"))
	o.build()
	before := o.written()
	o.later(time.Hour).do(`insert into visits select 1000 + u, timestamp '2026-06-04 12:00', 'c' || u, 'a' from range(60000) x(u)`)
	started, err := o.start(o.planned())
	require.NoError(t, err)

	filler := filepath.Join(folder, "filler")
	var free syscall.Statfs_t
	require.NoError(t, syscall.Statfs(folder, &free))
	require.NoError(t, os.WriteFile(filler, []byte(strings.Repeat("x", int(free.Bavail)*int(free.Bsize)-(64<<10))), 0o600))
	o.work()
	run, err := o.store().Backfill(t.Context(), started.RunID)
	require.NoError(t, err)
	require.Equal(t, backfill.Failed, run.Status)
	pairs, err := o.store().Pairs(t.Context(), run.ID)
	require.NoError(t, err)
	require.Equal(t, 3, pairs[0].Attempts)
	require.Contains(t, pairs[0].Error, "full")
	require.NoError(t, os.Remove(filler))
	require.Equal(t, before, o.written())

	_, err = o.store().Control(t.Context(), run.ID, store.Action{Action: backfill.RetryFailed, AsOf: o.now, At: o.now})
	require.NoError(t, err)
	o.work()
	run, err = o.store().Backfill(t.Context(), started.RunID)
	require.NoError(t, err)
	require.Equal(t, backfill.Succeeded, run.Status)
	require.NotEqual(t, before, o.written())
}

// TestAProjectThatIsReadOnlyKeepsItsRunsElsewhere: the state goes to the user's own folder, which is said, and a plan runs from there.
func TestAProjectThatIsReadOnlyKeepsItsRunsElsewhere(t *testing.T) {
	t.Parallel()
	folder := inOwnMounts(t)
	if folder == "" {
		return
	}
	state := filepath.Join(folder, "state")
	require.NoError(t, os.Mkdir(state, 0o750))
	require.NoError(t, syscall.Mount("tmpfs", state, "tmpfs", syscall.MS_RDONLY, "size=1m"))
	o := newOwnBuildsIn(t, folder, mayWriteOutputs, "state: state/state.db")
	require.Contains(t, o.store().Notice(), "is read-only, so the state is kept in "+os.Getenv("XDG_STATE_HOME"))
	_, err := o.app.Build(context.Background(), app.BuildRequest{})
	require.NoError(t, err)
	require.Len(t, o.runs(), 1)
	o.later(time.Hour).do(`delete from visits where user_id = 3 and cast("at" as date) = date '2026-06-04'`)
	started, err := o.start(o.planned())
	require.NoError(t, err)
	o.work()
	run, err := o.store().Backfill(t.Context(), started.RunID)
	require.NoError(t, err)
	require.Equal(t, backfill.Succeeded, run.Status)
}
