package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// shop is who reads whom in the cases below.
func shop() lineage {
	return lineage{
		"source.shop.raw.app": {"model.shop.stg_app"}, "source.shop.raw.web": {"model.shop.stg_web"},
		"model.shop.stg_app": {"model.shop.int_days"}, "model.shop.stg_web": {"model.shop.int_days"},
		"model.shop.int_days": {"model.shop.fct_visit", "test.shop.not_null_int_days"}, "model.shop.fct_visit": {},
		"test.shop.not_null_int_days": {},
	}
}

func happened(causes ...cause) truth { return truth{Kind: "any", Class: dataFault, Causes: causes} }

func saw(words ...string) []sighting {
	var out []sighting
	for _, line := range words {
		f := strings.Fields(line + " ")
		s := sighting{word: f[0], node: f[1]}
		if len(f) > 2 {
			s.period = f[2]
		}
		out = append(out, s)
	}
	return out
}

func judged(t *testing.T, of truth, seen []sighting) judgement {
	t.Helper()
	j, err := judge(of, shop(), seen)
	require.NoError(t, err)
	return j
}

func TestAFaultIsFoundByItsWordOnItsNodeAndPeriodAndNothingElse(t *testing.T) {
	t.Parallel()
	for cause, word := range map[string]string{
		"missing_partition": "missing", "partial_partition": "partial", "duplicate_load": "duplicated", "late_data": "late",
	} {
		of := happened(faultOf(cause))
		require.False(t, judged(t, of, saw(word+" source.shop.raw.app 2026-06-10")).wrong(), cause)
		for _, other := range []string{
			"low_volume source.shop.raw.app 2026-06-10", // another word
			word + " source.shop.raw.web 2026-06-10",    // another node
			word + " model.shop.stg_app 2026-06-10",     // only what is made from it
			word + " source.shop.raw.app 2026-06-11",    // another period
			word + " source.shop.raw.app",               // the table and no period
		} {
			j := judged(t, of, saw(other))
			require.Len(t, j.lost, 1, "%s is not found by: %s", cause, other)
			require.True(t, j.wrong())
		}
	}
}

func faultOf(name string) cause { return cause{Cause: name, Node: "raw.app", Partition: "2026-06-10"} }

func TestWhatFollowsAFaultIsToldApartByLineage(t *testing.T) {
	t.Parallel()
	seen := saw("missing source.shop.raw.app 2026-06-10", "partial model.shop.int_days 2026-06-10", "partial model.shop.stg_web 2026-06-10",
		"partial model.shop.fct_visit 2026-06-11", "duplicated model.shop.fct_visit 2026-06-10", "high_volume model.shop.int_days 2026-06-10")
	j := judged(t, happened(faultOf("missing_partition")), seen)
	require.Equal(t, seen[1:2], j.follow, "a child of that day has less for it")
	require.Equal(t, seen[2:], j.strange, "no child, another day, and more rows for fewer are none")
	require.Equal(t, seen[2:5], j.grave())
	require.True(t, j.wrong())
}

func TestRowsThatAreWrongInAWholePartitionAreNoFaultOfIt(t *testing.T) {
	t.Parallel()
	j := judged(t, happened(cause{"code_change", "int_days", "2026-06-10"}),
		saw("code_changed model.shop.int_days 2026-06-09", "low_volume model.shop.fct_visit 2026-06-12", "partial model.shop.int_days 2026-06-09"))
	require.Empty(t, j.lost)
	require.Len(t, j.content, 1)
	require.Len(t, j.follow, 2)
	require.Equal(t, saw("partial model.shop.int_days 2026-06-09"), j.strange, "before the change nothing is less for it")
}

func TestNothingGraveMayBeSaidWhereNoDataWasWrong(t *testing.T) {
	t.Parallel()
	of := truth{Kind: "holiday", Class: "calendar", Causes: []cause{{Cause: "holiday"}}}
	for _, word := range []string{"missing", "partial", "duplicated", "late", "stale", "failed", "unknown"} {
		require.True(t, judged(t, of, saw(word+" source.shop.raw.web 2026-06-10")).wrong(), word)
	}
	for _, word := range []string{"low_volume", "high_volume", "code_changed", "empty"} {
		require.False(t, judged(t, of, saw(word+" source.shop.raw.web 2026-06-10")).wrong(), word)
	}
}

func TestACauseOrANodeThatIsNotKnownIsRefused(t *testing.T) {
	t.Parallel()
	_, err := judge(happened(cause{"meteorite", "raw.app", "2026-06-10"}), shop(), nil)
	require.ErrorContains(t, err, `"meteorite"`)
	_, err = judge(happened(cause{"late_data", "raw.other", "2026-06-10"}), shop(), nil)
	require.ErrorContains(t, err, `"raw.other", which is 0 nodes`)
}

func TestAnAnswerIsTakenApartPeriodByPeriod(t *testing.T) {
	t.Parallel()
	seen, err := sightings([]byte(`{"nodes": [{"id": "model.shop.int_days", "spec": {"grain": "day"}, "table_findings": [{"finding": "test_failed"}],
		"ranges": [{"first": "2026-02-28", "last": "2026-03-01", "presence": "missing", "findings": []},
			{"first": "2026-03-02", "last": "2026-03-02", "presence": "present", "findings": [{"finding": "late"}, {"finding": "stale"}]},
			{"first": "2026-03-03", "last": "2026-03-03", "presence": "open", "findings": []}]}]}`))
	require.NoError(t, err)
	const node = " model.shop.int_days"
	require.Equal(t, saw("test_failed"+node, "missing"+node+" 2026-02-28", "missing"+node+" 2026-03-01",
		"late"+node+" 2026-03-02", "stale"+node+" 2026-03-02"), seen)
}

func TestAnAnswerThatLeavesSomethingOutIsRefused(t *testing.T) {
	t.Parallel()
	for words, text := range map[string]string{
		"is cut":            `{"truncated": true, "nodes": []}`,
		"leaves out ranges": `{"nodes": [{"id": "a", "spec": {"grain": "day"}, "ranges": [], "ranges_left_out": 1}]}`,
		"of days only":      `{"nodes": [{"id": "a", "spec": {"grain": "hour"}, "ranges": [{"first": "2026-03-02", "last": "2026-03-02"}]}]}`,
	} {
		_, err := sightings([]byte(text))
		require.ErrorContains(t, err, words)
	}
}

func TestTheTableNamesWhatWasMissedAndWhatIsStrange(t *testing.T) {
	t.Parallel()
	quiet := result{truth: truth{Kind: "holiday", Class: "calendar", Seed: 2}, took: 1500 * time.Millisecond}
	missed := result{truth: truth{Kind: "late", Class: dataFault, Seed: 1, Hard: true}, judgement: judgement{
		lost:    []cause{faultOf("late_data")},
		strange: saw("stale model.shop.b 2026-06-02", "stale model.shop.a 2026-06-02", "stale model.shop.a 2026-06-01", "test_failed model.shop.a"),
	}}
	var out strings.Builder
	wrong, err := printResults(&out, []result{quiet, missed})
	require.NoError(t, err)
	require.True(t, wrong)
	require.Equal(t, `| kind | seed | injected | found, node and period right | not found | said of what follows | no truth explains | seconds |
| --- | --- | --- | --- | --- | --- | --- | --- |
| late (hard) | 1 | late_data raw.app 2026-06-10 | 0 of 1 | late_data raw.app 2026-06-10 |  | stale a 2026-06-01 and 1 more, b 2026-06-02; test_failed a | 0.0 |
| holiday | 2 |  |  |  |  |  | 1.5 |

2 cases: 0 of 1 injected partition faults found; 4 findings that no truth explains, 3 of them missing, partial, duplicated, late, stale, failed, unknown.
`, out.String())
}
