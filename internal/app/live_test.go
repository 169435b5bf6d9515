package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/app"
	"github.com/headwater-mcp/headwater/internal/config"
	"github.com/headwater-mcp/headwater/internal/worker"
)

// living is a project whose configuration is read again when it has changed.
type living struct {
	*ownBuilds

	live *app.Live
	text string
}

func newLiving(t *testing.T) *living {
	t.Helper()
	o := newOwnBuilds(t)
	text, err := os.ReadFile(filepath.Join(o.dir, "headwater.yaml"))
	require.NoError(t, err)
	live := app.NewLive(o.app, func() (*config.Loaded, error) {
		return config.Load(config.Flags{Project: o.dir}, config.Env{}, o.dir)
	})
	t.Cleanup(func() { require.NoError(t, live.Close()) })
	return &living{ownBuilds: o, live: live, text: string(text)}
}

// says writes headwater.yaml anew, with a further line.
func (l *living) says(line string) {
	l.t.Helper()
	require.NoError(l.t, os.WriteFile(filepath.Join(l.dir, "headwater.yaml"), []byte(l.text+line+"\n"), 0o600))
}

func (l *living) platform() *platform.Platform {
	l.t.Helper()
	p, err := l.live.Current(l.t.Context())
	require.NoError(l.t, err)
	return p
}

// TestAChangedConfigurationHoldsFromTheNextQuestionOn: an agent is told which line lets it write, its user adds the line, and neither
// the chat nor the worker has to be started anew.
func TestAChangedConfigurationHoldsFromTheNextQuestionOn(t *testing.T) {
	t.Parallel()
	l := newLiving(t)
	options, err := l.live.WorkerOptions(t.Context())
	require.NoError(t, err)
	options.Now = time.Now
	plan, err := l.platform().PlanBackfill(t.Context(), platform.PlanRequest{Nodes: []string{"visit_activation_daily"}, First: "2026-06-01", Last: "2026-06-14"})
	require.NoError(t, err)
	start := func() (platform.StartAnswer, error) {
		return l.platform().StartBackfill(t.Context(), platform.StartRequest{PlanID: plan.PlanID, Reason: "asked for"}, platform.Starter{})
	}
	_, err = start()
	require.Equal(t, fault.Blocked, fault.KindOf(err))
	require.ErrorContains(t, err, "writes: activation")

	l.says("policy: {writes: activation}")
	started, err := start()
	require.NoError(t, err)
	require.NoError(t, worker.Run(t.Context(), options))
	store, err := l.app.Store()
	require.NoError(t, err)
	run, err := store.Backfill(t.Context(), started.RunID)
	require.NoError(t, err)
	require.Equal(t, backfill.Succeeded, run.Status)

	l.says("policy: {writes: activation, max_concurrency: 3}\nexecutors:\n  - {nodes: \"source:raw\", type: command, argv: [./load]}")
	require.Contains(t, options.Executors(), "command", "the worker has what was added, too")
}

// TestAWrongConfigurationChangesNothing: and the status says that it is wrong, until it is right again.
func TestAWrongConfigurationChangesNothing(t *testing.T) {
	t.Parallel()
	l := newLiving(t)
	l.says("policy: {writes: allow}")
	require.EqualValues(t, "allow", l.platform().Repairs.Policy.Writes)
	l.says("policy: {wirtes: deny}")
	for range 2 {
		p := l.platform()
		require.EqualValues(t, "allow", p.Repairs.Policy.Writes)
		warnings := p.Probe(t.Context()).Warnings
		require.NotEmpty(t, warnings)
		require.Contains(t, warnings[len(warnings)-1], "cannot be used, so that what it was before stands")
		require.Contains(t, warnings[len(warnings)-1], "wirtes")
	}
	l.says("policy: {writes: deny}")
	p := l.platform()
	require.EqualValues(t, "deny", p.Repairs.Policy.Writes)
	require.NotContains(t, strings.Join(p.Probe(t.Context()).Warnings, " "), "cannot be used")
}

// TestAnotherStateIsAnotherStore: what was read through the one before goes on.
func TestAnotherStateIsAnotherStore(t *testing.T) {
	t.Parallel()
	l := newLiving(t)
	l.build()
	before := l.platform()
	l.says("state: other/state.db")
	now, err := l.platform().GetBackfill(t.Context(), platform.RunRequest{})
	require.NoError(t, err)
	require.Empty(t, now.Runs)
	then, err := before.GetBackfill(t.Context(), platform.RunRequest{})
	require.NoError(t, err)
	require.Len(t, then.Runs, 1)
}
