package partition

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/period"
)

// Trouble is something wrong with a partition, or a whole table, on the upstream path of a node.
type Trouble struct {
	Node string
	// Period is the partition in the node's own grain and calendar; zero where the whole table is meant.
	Period   period.Period
	Presence Presence
	Findings []Finding
	// Path leads from Node to the node that was asked about, both included.
	Path []string
	// Detail is a sentence with the evidence in it.
	Detail string
	// Since is when it began, or was seen first; zero where that is not known.
	Since time.Time
	// Remedy is the command that makes it right, where there is one.
	Remedy string
	// Consequence: it follows from another trouble further upstream, which stands before it.
	Consequence bool
	// Thin: nothing is wrong by the checks, which allow for what happens, and yet the partition holds fewer rows than any of its
	// peers, by far. Only Upstream tells such, last, and of those that follow from each other the furthest upstream.
	Thin bool
	// Affects are the asked periods that need the partition.
	Affects []period.Period
	// Again says of a duplicated partition which rows came again; nil of any other.
	Again *Again
	// Built is when a child was built that some rows of a late partition came after; zero of any other, and of one that is late only
	// by what was declared.
	Built time.Time
}

// Partition is the name of the period, "" for a whole table.
func (t Trouble) Partition() string {
	if t.Period == (period.Period{}) {
		return ""
	}
	return t.Period.String()
}

// What is the presence or the gravest finding for which the trouble is listed.
func (t Trouble) What() string {
	if t.Presence != Present && t.Presence != "" || len(t.Findings) == 0 {
		return string(t.Presence)
	}
	return string(t.Findings[0])
}

// Upstream lists what is wrong with the partitions of a node in some periods and with everything that they need, transitively,
// through views and through tables without partitions. The periods are of any grain and calendar and stand for their intervals;
// the node itself is included.
//
// First causes come first, the furthest upstream before the nearer; what follows from them comes last and is marked.
// A partition of which nothing is known is a trouble, too; one that is empty as usual is none. Thin ones stand at the end.
func (c *Checker) Upstream(
	ctx context.Context, graph *lineage.Graph, specs Specs, node string, periods []period.Period, asOf time.Time,
) ([]Trouble, error) {
	return c.upstream(ctx, graph, specs, node, periods, asOf, false)
}

// Lacking is Upstream without duplicated, stale and late, for which rows have to be read and not only counted: it lists what
// holds less than it should. It is no look that a History remembers.
func (c *Checker) Lacking(
	ctx context.Context, graph *lineage.Graph, specs Specs, node string, periods []period.Period, asOf time.Time,
) ([]Trouble, error) {
	return c.upstream(ctx, graph, specs, node, periods, asOf, true)
}

func (c *Checker) upstream(
	ctx context.Context, graph *lineage.Graph, specs Specs, node string, periods []period.Period, asOf time.Time, counts bool,
) ([]Trouble, error) {
	if len(periods) == 0 {
		return []Trouble{}, nil
	}
	w, err := c.walk(ctx, graph, specs, node, periods, asOf)
	if err != nil {
		return nil, err
	}
	w.counts = counts
	var out []Trouble
	w.atOnce(ctx, func(ctx context.Context) {
		if out, err = w.troubles(ctx); err == nil && !counts {
			out = append(out, w.thin(ctx, out)...)
		}
	})
	return out, err
}

// walk prepares a call about a node in some periods, of which there is at least one.
func (c *Checker) walk(
	ctx context.Context, graph *lineage.Graph, specs Specs, node string, periods []period.Period, asOf time.Time,
) (*walk, error) {
	n, ok := graph.Node(node)
	if !ok {
		return nil, fault.New(fault.NotFound, "No node has the id %q. Search with find_nodes.", node)
	}
	hull := interval{periods[0].Start(), periods[0].End()}
	for _, p := range periods {
		hull = hull.union(interval{p.Start(), p.End()})
	}
	s, err := c.survey(ctx, graph, specs, map[string]interval{node: hull}, asOf)
	if err != nil {
		return nil, err
	}
	asked := distinct(periods)
	return &walk{
		survey: s, node: node, asked: asked, needed: newDemands().upstream(graph, specs, n, asked),
		path: graph.PathsTo(node), affects: map[affecting][]period.Period{},
	}, nil
}

// distinct leaves out what was there before.
func distinct(periods []period.Period) []period.Period {
	seen := make(map[period.Period]bool, len(periods))
	return slices.DeleteFunc(slices.Clone(periods), func(p period.Period) bool {
		was := seen[p]
		seen[p] = true
		return was
	})
}

// walk is the upstream path of a node for some periods.
type walk struct {
	*survey

	node string
	// asked are the periods, each once; needed is by node what they need of it.
	asked  []period.Period
	needed map[string]*demand
	// path is a shortest one from a node to the one that was asked about.
	path func(from string) []string
	// affects are the lists that affected has made.
	affects map[affecting][]period.Period
}

// affecting is an interval of nodes of which the same is needed.
type affecting struct {
	demand *demand
	at     interval
}

func (w *walk) troubles(ctx context.Context) ([]Trouble, error) {
	ids := slices.Sorted(maps.Keys(w.needed))
	tables, err := w.tables(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := []Trouble{}
	for _, id := range ids {
		if ctx.Err() != nil {
			break
		}
		out = append(out, w.troublesOf(ctx, id, tables[id])...)
	}
	if err := ctx.Err(); err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "The check was stopped before it had finished. Ask for fewer periods.")
	}
	w.mark(ctx, out)
	slices.SortStableFunc(out, func(a, b Trouble) int {
		return cmp.Or(
			cmp.Compare(order(a), order(b)), cmp.Compare(len(b.Path), len(a.Path)),
			strings.Compare(a.Node, b.Node), cmp.Compare(a.Period.Index, b.Period.Index))
	})
	return out, nil
}

// troublesOf are those of one node: what was found about its table, and its partitions.
func (w *walk) troublesOf(ctx context.Context, id string, table []Found) []Trouble {
	var out []Trouble
	path := w.path(id)
	for _, found := range table {
		if t, ok := w.tableTrouble(ctx, id, found); ok {
			t.Path = path
			out = append(out, t)
		}
	}
	if spec := w.specs.Of(id); !spec.Partitioned() {
		if spec.Unknowable {
			out = append(out, Trouble{Node: id, Presence: Unknown, Path: path, Detail: spec.Reason, Affects: w.affected(id, nil)})
		}
		return out
	}
	for _, d := range w.wrong(ctx, id) {
		at := interval{d.period.Start(), d.period.End()}
		t := Trouble{
			Node: id, Period: d.period, Presence: d.presence, Findings: d.findings, Path: path, Affects: w.affected(id, &at),
			Detail: w.tracks[id].sentence(d), Since: w.tracks[id].since(d), Remedy: w.tracks[id].remedy(d),
		}
		if d.late != nil && d.late.child != "" {
			t.Built = d.late.than
		}
		if d.has(Duplicated) {
			t.Again = w.tracks[id].again(d)
		}
		out = append(out, t)
	}
	return out
}

// tableTrouble is what a finding about a whole table means for the asked periods. A failed run is of no concern to those that the
// last good build serves.
func (w *walk) tableTrouble(ctx context.Context, id string, found Found) (Trouble, bool) {
	t := Trouble{Node: id, Findings: []Finding{found.Finding}, Detail: found.Evidence, Affects: w.affected(id, nil)}
	if found.Finding != Failed {
		return t, found.Finding.troubles()
	}
	var guessed bool
	if t.Affects, guessed = w.fails(ctx, id); guessed {
		t.Detail += presumedWords
	}
	return t, len(t.Affects) > 0 || id == w.node
}

// wrong lists the needed partitions of a node of which something is to be said, by period.
func (w *walk) wrong(ctx context.Context, id string) []dated {
	var out []dated
	seen := map[int]bool{}
	for _, at := range w.needed[id].all {
		w.each(ctx, id, at, func(d dated) {
			if !seen[d.period.Index] && (d.presence == Pending || d.wrong() || d.presence == Open && w.grows(id, d.period)) {
				seen[d.period.Index] = true
				out = append(out, d)
			}
		})
	}
	slices.SortFunc(out, func(a, b dated) int { return cmp.Compare(a.period.Index, b.period.Index) })
	return out
}

// grows reports whether more of an open period is needed than has been loaded.
func (w *walk) grows(id string, p period.Period) (out bool) {
	at := interval{p.Start(), p.End()}
	w.needed[id].overlapping(at, func(i int) { out = out || !w.loadedUntil(id, at, w.needed[id].at[i]) })
	return out
}

// affected lists the asked periods that need an interval of a node, or any of it.
func (w *walk) affected(id string, at *interval) []period.Period {
	if at == nil {
		return w.asked
	}
	key := affecting{w.needed[id], *at}
	out, ok := w.affects[key]
	if !ok {
		out = []period.Period{}
		key.demand.overlapping(*at, func(i int) { out = append(out, w.asked[i]) })
		w.affects[key] = out
	}
	return out
}

// order puts causes before what is merely odd or not known, and consequences last.
func order(t Trouble) int {
	switch {
	case t.Consequence:
		return 2
	case t.hard():
		return 0
	}
	return 1
}

// sentence words one partition.
func (t *track) sentence(d dated) string {
	run := []judgement{{dated: d, ready: true}}
	parts := []string{}
	if text := t.detail(run); text != "" {
		parts = append(parts, text)
	}
	for _, f := range d.findings {
		parts = append(parts, strings.TrimSuffix(t.evidence(f, run), ".")+".")
	}
	return strings.Join(parts, " ")
}
