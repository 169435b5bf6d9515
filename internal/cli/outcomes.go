package cli

import (
	"context"
	"fmt"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/internal/app"
)

// outcomes tells of every partition of a run that has ended, once: what a bar is on a terminal, in a log.
type outcomes struct {
	root *root
	told map[int]bool
}

// tell writes a line for each outcome that is new since the call before.
func (o *outcomes) tell(ctx context.Context, a *app.App, run string) error {
	s, err := a.Store()
	if err != nil {
		return err
	}
	pairs, err := s.Pairs(ctx, run)
	if err != nil {
		return err
	}
	if o.told == nil {
		o.told = map[int]bool{}
	}
	for _, p := range pairs {
		ended := p.Status.Ended()
		if !ended {
			delete(o.told, p.Seq) // it is tried again
		}
		if !ended || o.told[p.Seq] {
			continue
		}
		o.told[p.Seq] = true
		fmt.Fprintf(o.root.Err, "%d of %d  %-9s  %s\n", len(o.told), len(pairs), p.Status, spanText(backfill.Span{Node: p.Node, First: p.Period, Last: p.Period}))
	}
	return nil
}
