package app_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/internal/app"
	"github.com/headwater-mcp/headwater/internal/config"
)

// BenchmarkExplain explains a day from the outputs in a DuckDB file: of 12 thousand daily users in 576 leaves, and of 3 million among
// 10 million known ones in 20,160. It reports the heap of this process beside the engine's, which is none of its own.
func BenchmarkExplain(b *testing.B) {
	for _, size := range []struct{ leaves, active, known int }{{576, 12_000, 60_000}, {20_160, 3_000_000, 10_000_000}} {
		b.Run(fmt.Sprintf("leaves=%d,active=%d", size.leaves, size.active), func(b *testing.B) {
			a := synthetic(b, size.leaves, size.active, size.known)
			p, err := a.Current(b.Context())
			require.NoError(b, err)
			for b.Loop() {
				answer, err := p.ExplainActiveUsers(b.Context(), platform.ExplainRequest{Fact: "visit", Grain: "day", Period: "2026-06-14"})
				require.NoError(b, err)
				require.NotNil(b, answer.Expected, answer.Verdict.Summary)
				require.InEpsilon(b, size.active, answer.Observed, 0.1)
			}
			var heap runtime.MemStats
			runtime.ReadMemStats(&heap)
			b.ReportMetric(float64(heap.HeapSys)/(1<<20), "heap-MB")
		})
	}
}

// synthetic are the outputs of a fact as a build leaves them, of 100 days that end on 2026-06-14: every transition of every leaf on
// each day. Of the fact itself there are 30,000 rows a day at the most, which its partitions are counted by.
func synthetic(b *testing.B, leaves, active, known int) *app.App {
	b.Helper()
	dir := b.TempDir()
	file := filepath.Join(dir, "w.duckdb")
	require.NoError(b, os.WriteFile(filepath.Join(dir, "headwater.yaml"), []byte(`warehouse: {type: duckdb, path: w.duckdb}
facts:
  - {name: visit, relation: visits, user: user_id, time: event_at, dimensions: [country, platform, version, channel, plan], grains: [day], history: complete}
`), 0o600))
	do(b, file, "create table visits (user_id bigint, event_at timestamp, country varchar, platform varchar, version varchar, channel varchar, plan varchar)",
		fmt.Sprintf("insert into visits select i, d, 'c', 'p', 'v', 'c', 'p' from generate_series(timestamp '2026-03-07', timestamp '2026-06-14', interval 1 day) as t(d), range(%d) as u(i)", min(active, 30_000)))
	loaded, err := config.Load(config.Flags{Project: dir}, config.Env{}, dir)
	require.NoError(b, err)
	asOf := time.Date(2026, 6, 15, 8, 0, 0, 0, time.UTC)
	a, err := app.Open(b.Context(), app.Options{Config: loaded, Log: zerolog.Nop(), Purpose: "bench", Now: time.Now, AsOf: asOf})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, a.Close()) })
	_, err = a.Build(b.Context(), app.BuildRequest{})
	require.NoError(b, err)
	each := float64(active) / float64(leaves)
	do(b, file,
		"set threads = 2",
		"delete from activation.visit_transitions_daily",
		fmt.Sprintf(`insert into activation.visit_transitions_daily
			with leaves as (
				select json_object('country', 'c' || i %% %d, 'platform', 'p' || i // %d %% 3, 'version', 'v' || i // %d %% 3,
					'channel', 'ch' || i // %d %% 4, 'plan', 'pl' || i // %d) as leaf
				from range(%d) as t(i)
			),
			days as (select cast(d as date) as period from generate_series(date '2026-03-07', date '2026-06-14', interval 1 day) as t(d)),
			moves(from_state, to_state, share) as (values
				('none', 'new', 0.03), ('new', 'retained', 0.02), ('retained', 'retained', 0.4), ('reactivated', 'retained', 0.2), ('inactive', 'reactivated', 0.35),
				('new', 'inactive', 0.01), ('retained', 'inactive', 0.2), ('reactivated', 'inactive', 0.17), ('inactive', 'inactive', %f))
			select period, from_state, to_state, case when from_state <> 'none' then leaf end, leaf,
				cast(greatest(1, round(%f * share * (1 + 0.05 * (hash(leaf, period, from_state, to_state) %% 1000 / 1000.0 - 0.5)))) as bigint)
			from days, leaves, moves order by period, leaf`,
			leaves/72, leaves/72, leaves/24, leaves/8, leaves/2, leaves, float64(known-active)/float64(active), each),
		"delete from activation.visit_periods_daily where period <> date '2026-03-07'",
		`insert into activation.visit_periods_daily
			select cast(d as date), 1, 1, 0, definition, built_at, run
			from activation.visit_periods_daily, generate_series(date '2026-03-08', date '2026-06-14', interval 1 day) as t(d)`)
	return a
}

func do(b *testing.B, file string, statements ...string) {
	b.Helper()
	db, err := sql.Open("duckdb", file)
	require.NoError(b, err)
	defer func() { require.NoError(b, db.Close()) }()
	db.SetMaxOpenConns(1)
	for _, s := range statements {
		_, err := db.ExecContext(b.Context(), s)
		require.NoError(b, err, s)
	}
}
