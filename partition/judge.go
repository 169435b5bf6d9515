package partition

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/period"
)

// Span is an interval of instants, [Start, End).
type Span struct{ Start, End time.Time }

// Verdict is what a check says of one partition, for whoever plans with it.
type Verdict struct {
	Period   period.Period
	Presence Presence
	// Findings are the gravest first.
	Findings []Finding
	// Observed: Rows is what the warehouse holds.
	Observed bool
	Rows     int64
	// Version is equal for equal content, as far as that is known; "" where it was not observed.
	Version string
}

// Has reports whether something was found about the partition.
func (v Verdict) Has(f Finding) bool { return slices.Contains(v.Findings, f) }

// Judgement is what a check says of nodes in the intervals that were asked about, and of everything upstream of them. A node is
// looked at when it is first asked about, once. It is for one goroutine.
type Judgement struct{ survey *survey }

// Judge prepares a judgement of nodes in some intervals. An id that is no node is fault.NotFound.
func (c *Checker) Judge(
	ctx context.Context, graph *lineage.Graph, specs Specs, asked map[string]Span, asOf time.Time,
) (*Judgement, error) {
	scope := make(map[string]interval, len(asked))
	for id, at := range asked {
		if _, ok := graph.Node(id); !ok {
			return nil, fault.New(fault.NotFound, "No node has the id %q. Search with find_nodes.", id)
		}
		scope[id] = interval{at.Start, at.End}
	}
	s, err := c.survey(ctx, graph, specs, scope, asOf)
	if err != nil {
		return nil, err
	}
	return &Judgement{s}, s.remember(ctx, slices.Sorted(maps.Keys(asked)))
}

// Each gives fn the verdict on every partition of a node that overlaps an interval, ascending. The node has a spec, and the
// interval is within what was asked about.
func (j *Judgement) Each(ctx context.Context, node string, at Span, fn func(Verdict)) {
	j.survey.each(ctx, node, interval{at.Start, at.End}, func(d dated) {
		v := Verdict{Period: d.period, Presence: d.presence, Findings: d.findings, Observed: d.observed}
		if d.observed {
			v.Rows, v.Version = d.count.Rows, version(d.count)
		}
		fn(v)
	})
}

// version is the content of a partition in one word.
func version(c Count) string {
	word := strconv.FormatInt(c.Rows, 10)
	switch {
	case c.Fingerprint != "":
		word += " " + c.Fingerprint
	case c.Loaded != nil:
		word += " " + c.Loaded.UTC().Format(time.RFC3339Nano)
	}
	return word
}

// Evidence says in a sentence what is wrong with a partition that Each has given; "" where nothing is.
func (j *Judgement) Evidence(node string, p period.Period) string {
	t := j.survey.tracks[node]
	if t == nil || t.at(p.Index) == nil {
		return ""
	}
	return t.sentence(dated{p, t.at(p.Index)})
}

// Failed reports whether the last recorded run of a node failed.
func (j *Judgement) Failed(node string) bool {
	b, ok := j.survey.builds[node]
	return ok && failed(b.Status)
}

// Down says why the warehouse does not answer; "" while it does.
func (j *Judgement) Down() string { return j.survey.down }

// Passes reports whether a node holds no rows of its own, so that whoever reads it reads what it reads: a view, an ephemeral
// model, a test.
func (s Specs) Passes(n *lineage.Node) bool { return s.passes(n) }

// Reads is the interval that the partitions overlapping an interval are made from: their hull, and the window before it.
func (s Spec) Reads(at Span) Span {
	r := s.reads(interval{at.Start, at.End})
	return Span{r.start, r.end}
}

// ReadsAs reports whether two specs read the same of every interval.
func (s Spec) ReadsAs(o Spec) bool { return s.shape() == o.shape() }

// Blocks reports whether the finding makes readers of the partition not ready.
func (f Finding) Blocks() bool { return f.blocks() }

// Version is what is known of the content of a node without partitions: when its last good run started; "" where none is
// recorded.
func (j *Judgement) Version(node string) string {
	if b, ok := j.survey.builds[node]; ok && !b.GoodAt.IsZero() {
		return b.GoodAt.UTC().Format(time.RFC3339Nano)
	}
	return ""
}

// Between reads the names of a first and a last period, both inclusive. What is no name, or in the wrong order, is fault.Invalid.
func (s Spec) Between(first, last string) (from, until period.Period, err error) {
	if first == "" || last == "" {
		return from, until, fault.New(fault.Invalid, "Name the first and the last period, like 2026-06-09; both are inclusive.")
	}
	return CheckRequest{First: &first, Last: &last}.periods(s)
}

// Right reports whether a partition is there, with nothing wrong in it and in what it needs.
func (j *Judgement) Right(ctx context.Context, node string, p period.Period) bool {
	t := j.survey.judged(ctx, node)
	v := t.at(p.Index)
	if v == nil || v.presence != Present || v.problem() != "" {
		return false
	}
	ready, _ := j.survey.ready(ctx, t, p.Index)
	return ready
}
