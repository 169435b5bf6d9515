package app

import (
	"context"
	"slices"
	"time"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/store"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// ownBuild is a build of one fact's outputs of one grain, on its way into the ledger. Nothing of it can make the build fail: what
// cannot be looked at or recorded is logged.
type ownBuild struct {
	app      *App
	platform *platform.Platform
	fact     platform.Fact
	request  activation.BuildRequest
	// clock tells the logical time.
	clock   func() time.Time
	started time.Time
	// follows: it is made from days that the same run has written just before, which looked at what there is to be seen.
	follows bool
	// looked is from when on the inputs were looked at before the build; zero where they were not.
	looked time.Time
	// checkedFrom is the first instant from which the run looked for changes; zero where it did from the first on.
	checkedFrom time.Time
}

// The words of a result's status are dbt's.
const (
	success = "success"
	broken  = "error"
)

// maxLooked is how many periods of the finest grain a build looks at in what it reads: what it builds for the first time may be
// years, and the fingerprints of all their rows cost more than they tell.
const maxLooked = 400

// begin notes when a build starts, and what its inputs hold then: for coarser grains, too, which are made from the days that it
// writes.
func (b *ownBuild) begin(ctx context.Context) *ownBuild {
	b.started = b.clock()
	if b.fact.ModelID == "" || b.follows {
		return b
	}
	var until time.Time
	coarser := period.Grains()[slices.Index(period.Grains(), b.request.Grain):]
	for _, g := range coarser {
		if !slices.Contains(b.fact.Definition.Grains, g) {
			continue
		}
		first, last, ok := b.due(ctx, g)
		if from := b.request.From; from != nil && g == from.Grain && (!ok || from.Index < first.Index) {
			first, ok = *from, from.Index <= last.Index
		}
		if !ok {
			continue
		}
		if start := first.Start(); b.looked.IsZero() || start.Before(b.looked) {
			b.looked = start
		}
		if end := last.End(); end.After(until) {
			until = end
		}
	}
	if !b.looked.IsZero() {
		b.look(ctx, b.looked, until)
	}
	return b
}

// due are the periods of a grain that a build makes whatever has changed: from the last built one, if that was open then, or else
// the next, or the fact's begin, to the one that is open now. Of a fact without begin of which nothing is built they are not
// known.
func (b *ownBuild) due(ctx context.Context, g period.Grain) (first, last period.Period, ok bool) {
	d := b.fact.Definition
	last = d.Calendar.At(g, b.request.AsOf)
	if b.request.Until != nil {
		if until := d.PeriodOn(g, b.request.Until.UTCDate()); until.Index < last.Index {
			last = *until
		}
	}
	built, err := b.platform.Engine.Periods(ctx, d, g)
	switch {
	case err != nil || d.ByDBT(g):
		return first, last, false
	case len(built) > 0:
		for _, p := range slices.Backward(built) {
			if !p.Open(d.Settle) {
				break
			}
			first = p.Period
		}
		if first == (period.Period{}) {
			first = built[len(built)-1].Period.Next()
		}
	case !d.Begin.IsZero():
		first = d.Calendar.FirstFrom(g, d.Begin)
	default:
		return first, last, false
	}
	return first, last, first.Index <= last.Index
}

// look looks at what the outputs of a stretch of time are built from, no more than the last maxLooked periods of it.
func (b *ownBuild) look(ctx context.Context, start, end time.Time) {
	d, p := b.fact.Definition, b.platform
	ours := slices.DeleteFunc(slices.Clone(d.Grains), d.ByDBT)
	if len(ours) == 0 {
		return // dbt makes them, and tells of it
	}
	g := finest(ours)
	first, last := d.Calendar.At(g, start), d.Calendar.At(g, end.Add(-1))
	if least := last.Add(1 - maxLooked); first.Index < least.Index {
		first = least
	}
	output := outputID(p.Project, tables(d, g)[0].Name)
	err := b.app.checker.Look(ctx, p.Graph, p.Specs, output, first, last, b.started)
	if err != nil {
		b.app.log.Warn().Err(err).Str("fact", b.fact.Name).Msg("what the build reads was not looked at")
	}
}

// end records what came of the build.
func (b *ownBuild) end(ctx context.Context, built activation.BuildResult, failure error) {
	if b.fact.ModelID == "" || b.fact.Definition.ByDBT(b.request.Grain) {
		return
	}
	ctx = context.WithoutCancel(ctx) // one that was stopped has failed, which is worth knowing
	ended := b.clock()
	run := store.Run{
		InvocationID: b.request.Run + " " + b.fact.Name + " " + string(b.request.Grain),
		Project:      b.platform.Project, Command: store.OwnBuild,
		GeneratedAt: ended, SeenAt: b.app.seen(),
	}
	if failure == nil {
		run.Results = b.succeeded(ctx, built)
	} else {
		run.Results = b.failed(ctx, b.request.Grain, failure)
	}
	for i := range run.Results {
		r := &run.Results[i]
		r.Code, r.StartedAt, r.CompletedAt = b.fact.Definition.Hash(), b.started, ended
	}
	if _, err := b.app.store.RecordRun(ctx, run); err != nil {
		b.app.log.Warn().Err(err).Str("fact", b.fact.Name).Msg("the build was not recorded")
	}
}

// succeeded tells of the tables of a grain that was built: of each period that was written, and of those that were found to be as
// they have to be. Nothing where nothing stands.
func (b *ownBuild) succeeded(ctx context.Context, r activation.BuildResult) []store.Result {
	d := b.fact.Definition
	if r.CheckedFrom != nil && r.CheckedFrom.Start().After(b.checkedFrom) {
		b.checkedFrom = r.CheckedFrom.Start()
	}
	built, err := b.platform.Engine.Periods(ctx, d, r.Grain)
	if err != nil || len(built) == 0 {
		return nil
	}
	written := slices.DeleteFunc(slices.Clone(built), func(p activation.Built) bool { return p.Run != b.request.Run })
	b.lookBack(ctx, written)
	checked := b.checked(built, r.Grain)
	var out []store.Result
	for _, o := range tables(d, r.Grain) {
		result := store.Result{NodeID: outputID(b.platform.Project, o.Name), Status: success, Batches: checked}
		result.Batches = append(slices.Clip(result.Batches), b.batches(ctx, result.NodeID, written)...)
		out = append(out, result)
	}
	return out
}

// lookBack looks at the inputs of written periods that were not looked at before the build, because nobody knew that it would
// write them. Between its reading and this look they may have changed: that goes unseen until the next build, which compares them
// itself.
func (b *ownBuild) lookBack(ctx context.Context, written []activation.Built) {
	if b.follows {
		return
	}
	var first, last *period.Period
	for _, w := range written {
		if b.looked.IsZero() || w.Period.Start().Before(b.looked) {
			last = &w.Period
			if first == nil {
				first = last
			}
		}
	}
	if first == nil {
		return
	}
	b.look(ctx, first.Start(), last.End())
	if b.looked.IsZero() || first.Start().Before(b.looked) {
		b.looked = first.Start()
	}
}

// checked spans the built periods that the run compared with their source and did not write; empty where there are none.
func (b *ownBuild) checked(built []activation.Built, g period.Grain) []store.Batch {
	d := b.fact.Definition
	end := d.Calendar.At(g, b.request.AsOf)
	if b.request.Until != nil {
		end = *b.request.Until
	}
	span, asItWas := store.Batch{Succeeded: true, Checked: true}, false
	for _, p := range built {
		if p.Period.Index > end.Index || p.Period.Start().Before(b.checkedFrom) {
			continue
		}
		if span.Start.IsZero() {
			span.Start = p.Period.Start()
		}
		span.End = p.Period.End()
		asItWas = asItWas || p.Run != b.request.Run
	}
	if !asItWas {
		return nil
	}
	return []store.Batch{span}
}

// batches tell of each written period how many rows it has in a table.
func (b *ownBuild) batches(ctx context.Context, node string, written []activation.Built) []store.Batch {
	if len(written) == 0 {
		return nil
	}
	p := b.platform
	n, _ := p.Graph.Node(node)
	first, last := written[0].Period, written[len(written)-1].Period
	seen, err := b.app.observer.Observe(ctx, partition.ObserveRequest{
		Node: node, Relation: n.Relation, Spec: p.Specs.Of(node), First: first, Last: last, AsOf: b.started,
	})
	if err != nil || seen.Unobserved != "" {
		b.app.log.Warn().Err(err).Str("node", node).Str("reason", seen.Unobserved).Msg("the rows that the build wrote were not counted")
	}
	out := make([]store.Batch, len(written))
	for i, w := range written {
		out[i] = store.Batch{Start: w.Period.Start(), End: w.Period.End(), Succeeded: true}
		if err == nil && seen.Unobserved == "" {
			out[i].Rows = new(seen.Counts[w.Period.Index].Rows)
		}
	}
	return out
}

// failed tells of the tables of a grain that was not built, with the periods that it was to make in any case.
func (b *ownBuild) failed(ctx context.Context, g period.Grain, failure error) []store.Result {
	result := store.Result{Status: broken, Message: failure.Error()}
	if fault.KindOf(failure) == fault.Internal {
		result.Message = "The warehouse gave an error that headwater did not expect."
	}
	if first, last, ok := b.due(ctx, g); ok {
		result.Batches = []store.Batch{{Start: first.Start(), End: last.End()}}
	}
	var out []store.Result
	for _, o := range tables(b.fact.Definition, g) {
		result.NodeID = outputID(b.platform.Project, o.Name)
		out = append(out, result)
	}
	return out
}
