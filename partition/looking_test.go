package partition_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
)

// TestALongLookIsHeard: of many tables somebody is told now and then, ever more of the same number and all of them in the end; of few
// nothing.
func TestALongLookIsHeard(t *testing.T) {
	t.Parallel()
	for _, tables := range []int{99, 100, 333} {
		var nodes []*lineage.Node
		var overrides []partition.Override
		var ids []string
		h := &held{tables: map[string]table{}}
		for i := range tables {
			n := model(fmt.Sprintf("t%03d", i), "incremental")
			nodes, ids = append(nodes, n), append(ids, n.ID)
			overrides = append(overrides, partition.Override{Node: n.ID, Grain: "day", Time: "ts", Begin: "2026-01-01"})
			h.tables[n.ID] = daily(10, nil)
		}
		g := project(nodes)
		var heard []int
		c := partition.New(partition.Deps{Observer: h}).Heard(func(done, of int) {
			require.Equal(t, tables, of)
			heard = append(heard, done)
		})
		check(t, c, g, derive(t, g, overrides...), partition.CheckRequest{Nodes: ids, AsOf: time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC)})
		if tables < 100 {
			require.Empty(t, heard)
			continue
		}
		require.Len(t, heard, 50)
		require.IsIncreasing(t, heard)
		require.Equal(t, tables, heard[len(heard)-1])
	}
}
