package cli

import (
	"context"
	"fmt"

	"github.com/schollz/progressbar/v3"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/internal/app"
)

// looking shows on a terminal's stderr at how many tables a question has looked, until it is answered.
func (r *root) looking(p *platform.Platform) (told *platform.Platform, end func()) {
	if !terminal(r.Err) {
		return p, func() {}
	}
	shown := false
	told = p.Heard(func(done, of int) {
		shown = true
		fmt.Fprintf(r.Err, "\rLooked at %d of %d tables ", done, of)
	})
	return told, func() {
		if shown {
			fmt.Fprint(r.Err, "\r\x1b[K")
		}
	}
}

// progress shows on stderr how a run gets on: by a bar on a terminal, and by a line for each outcome in a log.
type progress struct {
	root *root
	bar  *progressbar.ProgressBar
	// told are the pairs of which a line was written.
	told map[int]bool
}

// show shows how a run stands now.
func (p *progress) show(ctx context.Context, a *app.App, answer platform.RunAnswer) error {
	if !terminal(p.root.Err) {
		return p.lines(ctx, a, answer.RunID)
	}
	c := answer.Progress
	ended := c.Done + c.Failed + c.Blocked + c.Cancelled
	if p.bar == nil {
		const width = 30
		p.bar = progressbar.NewOptions(ended+c.Running+c.Pending,
			progressbar.OptionSetWriter(p.root.Err), progressbar.OptionShowCount(), progressbar.OptionSetWidth(width),
			progressbar.OptionSetPredictTime(false), progressbar.OptionFullWidth())
	}
	p.bar.Describe(string(answer.Status) + eta(answer.ETASeconds))
	_ = p.bar.Set(ended) // a bar that is not drawn loses nothing
	return nil
}

// end leaves the bar as it is.
func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Exit() // as above
		fmt.Fprintln(p.root.Err)
	}
}

// lines writes a line for each outcome that is new since the call before.
func (p *progress) lines(ctx context.Context, a *app.App, run string) error {
	s, err := a.Store()
	if err != nil {
		return err
	}
	pairs, err := s.Pairs(ctx, run)
	if err != nil {
		return err
	}
	if p.told == nil {
		p.told = map[int]bool{}
	}
	for _, pair := range pairs {
		if !pair.Status.Ended() {
			delete(p.told, pair.Seq) // it is tried again
			continue
		}
		if p.told[pair.Seq] {
			continue
		}
		p.told[pair.Seq] = true
		where := spanText(backfill.Span{Node: pair.Node, First: pair.Period, Last: pair.Period})
		fmt.Fprintf(p.root.Err, "%d of %d  %-9s  %s\n", len(p.told), len(pairs), pair.Status, where)
	}
	return nil
}
