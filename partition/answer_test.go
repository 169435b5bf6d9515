package partition_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

func TestBadRequests(t *testing.T) {
	t.Parallel()
	g, specs := one(t, partition.Override{})
	c := partition.New(partition.Deps{})
	for name, test := range map[string]struct {
		request partition.CheckRequest
		kind    fault.Kind
		says    string
	}{
		"unknown node": {partition.CheckRequest{Nodes: []string{"source.p.raw.b"}}, fault.NotFound, "No node has the id"},
		"no date":      {partition.CheckRequest{First: new("yesterday")}, fault.Invalid, "first: "},
		"backwards":    {partition.CheckRequest{First: new("2026-06-02"), Last: new("2026-06-01")}, fault.Invalid, "is after last"},
		"too long":     {partition.CheckRequest{First: new("1900-01-01")}, fault.Invalid, "ask for at most 10000 at a time"},
		"only":         {partition.CheckRequest{Only: "some"}, fault.Invalid, "problems and all"},
		"limit":        {partition.CheckRequest{Limit: -1}, fault.Invalid, "limit is -1"},
		"cursor":       {partition.CheckRequest{Cursor: "x"}, fault.Invalid, "cursor"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.request.Nodes == nil {
				test.request.Nodes = []string{sourceA}
			}
			test.request.AsOf = at(t, "2026-06-15T08:00:00Z")
			_, err := c.Check(t.Context(), g, specs, test.request)
			require.ErrorContains(t, err, test.says)
			require.Equal(t, test.kind, fault.KindOf(err))
		})
	}
}

// TestDefaultAnswerIsShort asks about 100 broken sources at once: what does not fit is on the next pages, and said.
func TestDefaultAnswerIsShort(t *testing.T) {
	t.Parallel()
	var nodes []*lineage.Node
	var overrides []partition.Override
	tables := map[string]table{}
	var ids []string
	for i := range 100 {
		n := source(fmt.Sprintf("a_rather_long_name_of_a_table_%03d", i))
		nodes, ids = append(nodes, n), append(ids, n.ID)
		overrides = append(overrides, partition.Override{Node: n.ID, Grain: "day", Time: "occurred_at", Begin: "2026-01-01", Key: "event_id"})
		tables[n.ID] = table{rows: func(p period.Period) partition.Count { return partition.Count{Rows: int64(p.Index%2) * 1000} }}
	}
	g := project(nodes)
	specs := derive(t, g, overrides...)
	c := partition.New(partition.Deps{Observer: &held{tables: tables}})
	seen := map[string]bool{}
	request := partition.CheckRequest{Nodes: ids, AsOf: at(t, "2026-06-15T08:00:00Z")}
	for {
		answer, err := c.Check(t.Context(), g, specs, request)
		require.NoError(t, err)
		text, err := json.Marshal(answer)
		require.NoError(t, err)
		require.LessOrEqual(t, len(text), 8000)
		require.Equal(t, 100, answer.Total)
		require.Len(t, answer.Nodes, answer.Returned)
		for _, n := range answer.Nodes {
			require.False(t, seen[n.ID])
			seen[n.ID] = true
		}
		if !answer.Truncated {
			break
		}
		request.Cursor = answer.NextCursor
	}
	require.Len(t, seen, 100)
}
