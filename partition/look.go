package partition

import (
	"context"
	"time"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/period"
)

// Look observes all that a node reads in some periods, through views, so that History knows what it held at asOf. Whoever is
// going to build them looks first: then it can be told what has changed since. Without a History there is nothing to do. What
// cannot be observed is not looked at, and no error.
func (c *Checker) Look(
	ctx context.Context, graph *lineage.Graph, specs Specs, node string, first, last period.Period, asOf time.Time,
) error {
	if c.deps.History == nil {
		return nil
	}
	s, err := c.survey(ctx, graph, specs, map[string]interval{node: {first.Start(), last.End()}}, asOf)
	if n, ok := graph.Node(node); ok && err == nil {
		s.alteredAbove(ctx, n)
	}
	return err
}
