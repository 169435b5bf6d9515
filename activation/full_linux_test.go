package activation_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/activation/activationtest"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse/duckdb"
)

// ownMounts names, in the environment of a child, the folder on which it mounts file systems of its own.
const ownMounts = "HEADWATER_TEST_OWN_MOUNTS"

// inOwnMounts runs the calling test once more in a child that may mount, and returns the folder where this is that child.
func inOwnMounts(t *testing.T) (folder string, child bool) {
	t.Helper()
	if folder = os.Getenv(ownMounts); folder != "" {
		return folder, true
	}
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self, "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), ownMounts+"="+t.TempDir())
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
	return "", false
}

// small is a fact in a file on a file system of its own.
type small struct {
	file

	folder     string
	definition *activation.Definition
}

func newSmall(t *testing.T, folder string) small {
	t.Helper()
	require.NoError(t, syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=24m"))
	s := small{folder: folder, file: file{world: activationtest.World{Path: filepath.Join(folder, "w.duckdb")}}}
	s.world.Do(t, "create table visits as select (i * 7919) % 6000 as user_id, timestamp '2026-03-02' + to_minutes((i % 7200)::integer) as event_at, 'c' || (i % 5) as country from range(20000) r(i)")
	w, err := duckdb.New(duckdb.Options{Path: s.world.Path})
	require.NoError(t, err)
	s.engine, err = activation.NewEngine(w, "activation")
	require.NoError(t, err)
	s.definition, err = activation.Define(activation.Fact{
		Name: "visit", Relation: "visits", User: "user_id", Time: "event_at", Dimensions: []string{"country"}, Grains: []string{"day", "week"},
	}, activation.Defaults{})
	require.NoError(t, err)
	return s
}

// requireEqual holds the outputs of some grains to the oracle's.
func (s small) requireEqual(t *testing.T, last string, grains ...period.Grain) {
	t.Helper()
	for _, g := range grains {
		built, err := s.engine.Periods(t.Context(), s.definition, g)
		require.NoError(t, err)
		require.Equal(t, last, built[len(built)-1].Period.String())
		s.world.RequireEqual(t, activationtest.Case{
			Definition: s.definition, Grain: g, First: built[0].Period, Last: built[len(built)-1].Period,
			Label: activationtest.Label("event_at", "timestamp", "UTC", "monday", g),
		})
	}
}

// TestADiskThatIsFullMidway: the build says so and leaves what stood, and with space again it writes all.
func TestADiskThatIsFullMidway(t *testing.T) {
	t.Parallel()
	folder, child := inOwnMounts(t)
	if !child {
		return
	}
	s := newSmall(t, folder)
	build := func(n int) error {
		_, err := s.engine.Build(context.Background(), s.definition, activation.BuildRequest{Grain: period.Day, AsOf: day(n), Run: "test"})
		return err
	}
	require.NoError(t, build(5))
	s.requireEqual(t, "2026-03-05", period.Day)

	filler := filepath.Join(folder, "filler")
	failed := 0
	for left := 0; left < 4<<20; left += 64 << 10 {
		fill(t, filler, left)
		err := build(7)
		require.NoError(t, os.Remove(filler))
		if err == nil {
			break
		}
		failed++
		require.Equal(t, fault.Unavailable, fault.KindOf(err), "%d bytes left: %v: %v", left, err, errors.Unwrap(err))
		require.ErrorContains(t, err, "full", "%d bytes left", left)
		s.requireEqual(t, "2026-03-05", period.Day)
	}
	require.Positive(t, failed)
	s.requireEqual(t, "2026-03-07", period.Day)
}

// fill leaves so many bytes on the file system of a file.
func fill(t *testing.T, name string, left int) {
	t.Helper()
	f, err := os.Create(name)
	require.NoError(t, err)
	defer f.Close()
	var free syscall.Statfs_t
	require.NoError(t, syscall.Statfs(name, &free))
	_, err = f.WriteString(strings.Repeat("x", max(0, int(free.Bavail)*int(free.Bsize)-left)))
	require.NoError(t, err)
}

// TestAWarehouseThatBecomesReadOnlyMidway: days are written, weeks are not, and both are whole.
func TestAWarehouseThatBecomesReadOnlyMidway(t *testing.T) {
	t.Parallel()
	folder, child := inOwnMounts(t)
	if !child {
		return
	}
	s := newSmall(t, folder)
	update := func(n int, before func(period.Grain)) error {
		_, err := s.engine.Update(context.Background(), s.definition, activation.UpdateRequest{AsOf: day(n), Run: "test", Progress: before})
		return err
	}
	require.NoError(t, update(5, nil))
	err := update(10, func(g period.Grain) {
		if g == period.Week {
			require.NoError(t, syscall.Mount("", folder, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
		}
	})
	require.Equal(t, fault.Unavailable, fault.KindOf(err), "%v", err)
	require.ErrorContains(t, err, "read-only file system")
	require.NoError(t, syscall.Mount("", folder, "", syscall.MS_REMOUNT, ""))
	s.requireEqual(t, "2026-03-10", period.Day)
	s.requireEqual(t, "2026-03-02", period.Week)
	require.NoError(t, update(10, nil))
	s.requireEqual(t, "2026-03-09", period.Week)
}
