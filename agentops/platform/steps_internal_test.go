package platform

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

func stretch(t *testing.T, grain period.Grain, first, last string, presence partition.Presence, ready bool, findings ...partition.Finding) partition.Range {
	t.Helper()
	from, err := period.UTC().Parse(grain, first)
	require.NoError(t, err)
	until, err := period.UTC().Parse(grain, last)
	require.NoError(t, err)
	out := partition.Range{First: from, Last: until, Presence: presence, Ready: ready}
	for _, f := range findings {
		out.Findings = append(out.Findings, partition.Found{Finding: f})
	}
	return out
}

// TestARepairIsOfOneGrain: the worst node leads, others join where the same names of periods mean the same, and the ends are those of all.
func TestARepairIsOfOneGrain(t *testing.T) {
	t.Parallel()
	p := &Platform{Repairs: &Repairs{}}
	got := p.repairOf([]partition.NodeReport{
		{ID: "calm", Ranges: []partition.Range{stretch(t, period.Day, "2026-06-01", "2026-06-30", partition.Present, true, partition.LowVolume)}},
		{ID: "worst", Ranges: []partition.Range{
			stretch(t, period.Day, "2026-06-09", "2026-06-10", partition.Missing, false),
			stretch(t, period.Day, "2026-06-04", "2026-06-04", partition.Present, true, partition.Duplicated),
			stretch(t, period.Day, "2026-06-20", "2026-06-21", partition.Pending, false),
		}},
		{ID: "by month", Ranges: []partition.Range{stretch(t, period.Month, "2026-01-01", "2026-06-01", partition.Missing, false)}},
		{ID: "child", Ranges: []partition.Range{
			stretch(t, period.Day, "2026-06-12", "2026-06-12", partition.Present, false), stretch(t, period.Day, "2026-06-22", "2026-06-22", partition.Open, false),
		}},
	})
	require.Equal(t, []Call{{
		"plan_backfill", map[string]any{"nodes": []string{"worst", "child"}, "first": "2026-06-04", "last": "2026-06-12"}, "The least that has to be run to mend them.",
	}}, got)
}

// TestARepairNamesFewNodes: the first five of many, with their own periods only.
func TestARepairNamesFewNodes(t *testing.T) {
	t.Parallel()
	var reports []partition.NodeReport
	for i := range 9 {
		day := fmt.Sprintf("2026-06-0%d", i+1)
		reports = append(reports, partition.NodeReport{ID: day, Ranges: []partition.Range{stretch(t, period.Day, day, day, partition.Missing, false)}})
	}
	got := (&Platform{Repairs: &Repairs{}}).repairOf(reports)
	require.Equal(t, map[string]any{
		"nodes": []string{"2026-06-01", "2026-06-02", "2026-06-03", "2026-06-04", "2026-06-05"}, "first": "2026-06-01", "last": "2026-06-05",
	}, got[0].Arguments)
	require.Equal(t, []Call{}, (&Platform{}).repairOf(reports), "where no plans are made none is proposed")
}

// TestALongPlanFitsIntoAnAnswer: 500 pairs, each a range of its own with a long reason, refusals and commands.
func TestALongPlanFitsIntoAnAnswer(t *testing.T) {
	t.Parallel()
	plan := backfill.Plan{ID: "plan-0123456789abcdef"}
	for i := range 500 {
		id := fmt.Sprintf("model.a_project_of_a_long_name.int_a_model_of_a_long_name_%d", i)
		plan.Pairs = append(plan.Pairs, backfill.Pair{Seq: i, Range: i, Wave: i / 10, Node: id, Period: "2026-06-14", Executor: "command-2", Reason: "reads source.shop.raw.app_events, which this plan repairs"})
		plan.Refused = append(plan.Refused, backfill.Refused{Node: id, First: "2026-06-01", Last: "2026-06-14", Why: backfill.RefusedExternal, Remedy: strings.Repeat("Ask its owner. ", 20)})
		plan.Commands = append(plan.Commands, "dbt build --select "+id+" --event-time-start 2026-06-01 --event-time-end 2026-06-15")
	}
	var a PlanAnswer
	a.show(lineage.New("shop", nil, nil), plan)
	text, err := json.Marshal(a)
	require.NoError(t, err)
	require.LessOrEqual(t, len(text)/4, 2000)
	shown := 0
	for _, w := range a.Waves {
		shown += len(w.Pairs)
	}
	require.Equal(t, 1500, shown+len(a.Refused)+len(a.Commands)+a.LeftOut)
	require.Contains(t, a.Notes[0], fmt.Sprintf("%d of 500 ranges", shown))
	require.Contains(t, a.Notes[0], "headwater://plan/plan-0123456789abcdef")
}

// TestALongReceiptIsCutAndSaysSo, and is whole where more is asked for.
func TestALongReceiptIsCutAndSaysSo(t *testing.T) {
	t.Parallel()
	whole := &backfill.Receipt{Ready: make([]backfill.Span, 30), NotReady: make([]backfill.Span, 3)}
	a := RunAnswer{Receipt: whole}
	a.cutReceipt(maxSpans)
	require.Len(t, a.Receipt.Ready, maxSpans)
	require.Len(t, a.Receipt.NotReady, 3)
	require.Equal(t, []string{"Of the receipt 10 of 30 spans that are ready and 3 of 3 that are not are shown; limit shows more."}, a.Notes)
	require.Len(t, whole.Ready, 30, "the receipt itself is not cut")
	a = RunAnswer{Receipt: whole}
	a.cutReceipt(30)
	require.Same(t, whole, a.Receipt)
	require.Empty(t, a.Notes)
}
