package partition_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
)

// TestAPeriodIsTheFirstToShowACodeChange: src → stg (view) → m, and m, kept as built, is asked about.
func TestAPeriodIsTheFirstToShowACodeChange(t *testing.T) {
	t.Parallel()
	changed := func(since string) partition.CodeChange {
		return partition.CodeChange{Checksum: "new", Before: at(t, "2026-06-01T00:00:00Z"), Since: at(t, since)}
	}
	const afterThe12th = "2026-06-13T02:00:00Z"
	for name, test := range map[string]struct {
		materialized string
		stg, m       *partition.CodeChange
		batches      []partition.BatchRecord
		runs         []partition.RunTime
		asked        string
		want         []string
	}{
		"by its batches": {
			m: new(changed(afterThe12th)), batches: []partition.BatchRecord{batch(t, 13, 12, "ok"), batch(t, 12, 11, "ok")},
			asked: "2026-06-12", want: []string{"model.p.m 2026-06-12"},
		},
		"by a view that it reads": {
			stg: new(changed(afterThe12th)), batches: []partition.BatchRecord{batch(t, 13, 12, "ok"), batch(t, 12, 11, "ok")},
			asked: "2026-06-12", want: []string{"model.p.stg 2026-06-12"},
		},
		"both, the further one first": {
			stg: new(changed(afterThe12th)), m: new(changed(afterThe12th)),
			batches: []partition.BatchRecord{batch(t, 13, 12, "ok"), batch(t, 12, 11, "ok")},
			asked:   "2026-06-12", want: []string{"model.p.stg 2026-06-12", "model.p.m 2026-06-12"},
		},
		"not the day after": {
			m: new(changed(afterThe12th)), batches: []partition.BatchRecord{batch(t, 14, 13, "ok"), batch(t, 13, 12, "ok"), batch(t, 12, 11, "ok")},
			asked: "2026-06-13",
		},
		"not where the day before was built again": {
			m:       new(changed(afterThe12th)),
			batches: []partition.BatchRecord{batch(t, 14, 11, "ok"), batch(t, 13, 12, "ok"), batch(t, 12, 11, "ok")}, asked: "2026-06-12",
		},
		"not where nothing is known of the day before": {
			m: new(changed(afterThe12th)), batches: []partition.BatchRecord{batch(t, 13, 12, "ok")}, asked: "2026-06-12",
		},
		"by the first run after the day's end": {
			materialized: "incremental", m: new(changed(afterThe12th)), runs: nightly(t, 10, 14),
			asked: "2026-06-12", want: []string{"model.p.m 2026-06-12"},
		},
		"not by the runs of the day after":       {materialized: "incremental", m: new(changed(afterThe12th)), runs: nightly(t, 10, 14), asked: "2026-06-13"},
		"not of a table that is made as a whole": {materialized: "table", m: new(changed(afterThe12th)), runs: nightly(t, 10, 14), asked: "2026-06-12"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stg, m := model("stg", "view"), microbatch()
			if test.materialized != "" {
				m = model("m", test.materialized)
			}
			stg.Checksum, m.Checksum = "new", "new"
			g := project([]*lineage.Node{source("a"), stg, m}, [2]string{sourceA, stg.ID}, [2]string{stg.ID, m.ID})
			ledger := recorded{changes: map[string]partition.CodeChange{}, batches: map[string][]partition.BatchRecord{m.ID: test.batches}, runs: map[string][]partition.RunTime{m.ID: test.runs}}
			for id, c := range map[string]*partition.CodeChange{stg.ID: test.stg, m.ID: test.m} {
				if c != nil {
					ledger.changes[id] = *c
				}
			}
			specs := derive(t, g, partition.Override{Node: "m", Grain: "day", Time: "ts", Begin: "2026-01-01"}, partition.Override{Node: "stg", Grain: "day", Time: "ts", Begin: "2026-01-01"})
			c := partition.New(partition.Deps{Ledger: ledger})
			found, err := c.Recoded(t.Context(), g, specs, m.ID, day(t, test.asked), at(t, "2026-06-15T08:00:00Z"))
			require.NoError(t, err)
			var got []string
			for _, r := range found {
				got = append(got, r.Node+" "+r.Period.String())
				require.Equal(t, m.ID, r.Path[len(r.Path)-1])
				require.Contains(t, r.Detail, "since the manifest of "+afterThe12th)
			}
			require.Equal(t, test.want, got)
		})
	}
}
