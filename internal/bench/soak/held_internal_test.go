package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// looks are 90 looks at memory that grows by so many bytes from one to the next, and moves up and down by a tenth besides.
func looks(from, by float64) []held {
	var out []held
	for i := range 90 {
		m := from + by*float64(i)
		m += m / 10 * float64(i%3-1)
		out = append(out, held{resident: m, live: m})
	}
	return out
}

func TestMemoryThatKeepsGrowingIsToldFromMemoryThatMoves(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		by    float64
		grows bool
	}{"moves": {0, false}, "creeps": {100e3, false}, "shrinks": {-1e6, false}, "grows": {2e6, true}} {
		all, err := trends(looks(300e6, c.by), loadLimits)
		require.NoError(t, err)
		require.Len(t, all, 2)
		require.Equal(t, c.grows, all[0].grows, "%s: %+v", name, all[0])
	}
	live, err := trends(looks(100e6, 500e3), loadLimits)
	require.NoError(t, err)
	require.True(t, live[1].grows, "what is live is held to less than what is resident")
	_, err = trends(looks(1, 0)[:8], loadLimits)
	require.ErrorContains(t, err, "too few")
}

func TestMemoryThatOnlyGrewWhileItWarmedUpIsFlat(t *testing.T) {
	t.Parallel()
	all := looks(300e6, 0)
	for i := range 30 {
		all[i].resident /= 2
	}
	judged, err := trends(all, loadLimits)
	require.NoError(t, err)
	require.False(t, judged[0].grows)
}

func TestWhatIsLeftIsNamed(t *testing.T) {
	t.Parallel()
	baseline := held{goroutines: 11, descriptors: 20}
	require.NoError(t, held{goroutines: 10, descriptors: 20}.left(baseline))
	require.NoError(t, held{goroutines: 11, descriptors: 22}.left(baseline), "one more connection to the store")
	err := held{goroutines: 12, descriptors: 23, sessions: 1}.left(baseline)
	require.ErrorContains(t, err, "12 goroutines are left instead of 11")
	require.ErrorContains(t, err, "23 descriptors are left")
	require.ErrorContains(t, err, "1 sessions are left")
}

const metrics = `# HELP go_goroutines Number of goroutines that currently exist.
go_goroutines 12
go_memstats_next_gc_bytes 4.194304e+06
process_open_fds 20
process_resident_memory_bytes 3.0e+08
headwater_mcp_sessions 3
`

func TestMetricsThatAreMissingAreAnError(t *testing.T) {
	t.Parallel()
	h, err := parseMetrics(strings.NewReader(metrics))
	require.NoError(t, err)
	require.Equal(t, held{resident: 3e8, live: 2097152, goroutines: 12, descriptors: 20, sessions: 3}, h)
	_, err = parseMetrics(strings.NewReader(strings.Replace(metrics, "process_open_fds", "process_fds", 1)))
	require.ErrorContains(t, err, "process_open_fds")
}

func TestALogThatTellsOfARaceAPanicOrAnErrorIsNotClean(t *testing.T) {
	t.Parallel()
	clean := `{"level":"info","tool":"find_nodes","failure":"invalid"}` + "\n" + `{"level":"warn","message":"the configuration has changed"}` + "\n"
	require.NoError(t, complaintsIn("serve", []byte(clean)))
	for _, bad := range []string{
		"==================\nWARNING: DATA RACE\nRead at 0x00c0\n", "panic: runtime error\n\ngoroutine 1 [running]:\n",
		`{"level":"error","error":"file already closed","message":"internal error"}` + "\n", "03:05:00 ERR the worker ended error=broken\n",
	} {
		err := complaintsIn("serve", []byte(clean+bad+clean))
		require.ErrorContains(t, err, "serve said 1 times")
		require.NotContains(t, err.Error(), "find_nodes\",\"failure\":\"invalid\"}\n{\"level\":\"warn\",\"message\":\"the configuration has changed\"}\n"+bad)
	}
}

func TestPercentilesAreOfWhatWasMeasured(t *testing.T) {
	t.Parallel()
	m := newMeter()
	for i := 100; i > 0; i-- {
		m.note("read", time.Duration(i)*time.Millisecond, nil)
	}
	m.note("other", time.Second, &refusal{"other", "internal", "broken"})
	lines := m.lines()
	require.Equal(t, []string{"other", "read"}, []string{lines[0].kind, lines[1].kind})
	require.Equal(t, line{"read", 100, 51 * time.Millisecond, 96 * time.Millisecond, 100 * time.Millisecond}, lines[1])
	require.Equal(t, 101, m.count())
	require.ErrorContains(t, m.judge(), "1 requests failed; of those: other: internal: broken")
}
