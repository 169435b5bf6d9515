package partition

import (
	"context"
	"time"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/period"
)

// Staleness says whether a partition can be relied on, and else for what first causes not.
type Staleness struct {
	Node   string        `json:"node"`
	Period period.Period `json:"period"`
	// Presence is empty for a node without partitions.
	Presence Presence `json:"presence,omitempty"`
	// Ready: everything that the partition needs is there and right, as in a Range. It may be wrong itself all the same.
	Ready bool `json:"ready"`
	// Causes are what is wrong and does not follow from something else that is, the furthest upstream first.
	Causes []StaleCause `json:"causes"`
	// Consequences is how many partitions are wrong only because of these.
	Consequences int `json:"consequences,omitempty"`
	// Note says what could not be judged.
	Note string `json:"note,omitempty"`
}

// StaleCause is one partition, or a whole table, that is not as it should be.
type StaleCause struct {
	Node string `json:"node"`
	// Period is empty where the whole table is meant.
	Period   string   `json:"period,omitempty"`
	Presence Presence `json:"presence,omitempty"`
	// Finding is the gravest, where the presence is not the trouble.
	Finding Finding `json:"finding,omitempty"`
	// Path leads from the node to the one that was asked about.
	Path []string `json:"path"`
	// Since is when it began or was seen first, in RFC 3339.
	Since  string `json:"since,omitempty"`
	Detail string `json:"detail"`
	// Remedy is the command that makes it right, where there is one.
	Remedy string `json:"remedy,omitempty"`
}

// Explain finds the first causes for which a partition, named by a date in it, is not ready; without a date it is the last closed
// one. Of a node without partitions everything that it read in a UTC day is looked at.
func (c *Checker) Explain(
	ctx context.Context, graph *lineage.Graph, specs Specs, node string, date *string, asOf time.Time,
) (Staleness, error) {
	spec := specs.Of(node)
	if spec.Unknowable {
		return Staleness{}, fault.New(fault.Invalid, "The partitions of %s cannot be followed. %s", node, spec.Reason)
	}
	grain, calendar := spec.Grain, spec.Calendar
	if !spec.Partitioned() {
		grain, calendar = period.Day, period.UTC()
	}
	p := calendar.LastClosed(grain, asOf, spec.Settle)
	if date != nil {
		var err error
		if p, err = calendar.Parse(grain, *date); err != nil {
			return Staleness{}, fault.Wrap(err, fault.Invalid, "period: %s", err)
		}
	}
	w, err := c.walk(ctx, graph, specs, node, []period.Period{p}, asOf)
	if err != nil {
		return Staleness{}, err
	}
	out := Staleness{Node: node, Period: p, Ready: true, Causes: []StaleCause{}}
	var troubles []Trouble
	w.atOnce(ctx, func(ctx context.Context) {
		if troubles, err = w.troubles(ctx); err != nil || !spec.Partitioned() {
			return
		}
		t := w.judged(ctx, node)
		v := t.at(p.Index)
		ready, _ := w.readyToRead(ctx, t, p.Index, false)
		out.Presence, out.Ready = v.presence, ready
	})
	if err != nil {
		return Staleness{}, err
	}
	out.Note = w.forgottenWords()
	for _, t := range troubles {
		switch {
		case t.Consequence:
			out.Consequences++
		case t.vetoes():
			out.Causes = append(out.Causes, t.cause())
			out.Ready = out.Ready && (spec.Partitioned() || t.Presence == Open)
		}
	}
	return out, nil
}

// vetoes reports whether a trouble keeps readers waiting, so that it is a cause.
func (t Trouble) vetoes() bool {
	switch t.Presence {
	case Missing, Unknown, Pending, Open, Expired:
		return true
	case Present, NotExpected, "":
	}
	for _, f := range t.Findings {
		if f.blocks() || f == Empty {
			return true
		}
	}
	return false
}

func (t Trouble) cause() StaleCause {
	out := StaleCause{Node: t.Node, Period: t.Partition(), Path: t.Path, Detail: t.Detail, Remedy: t.Remedy}
	if t.Presence != Present {
		out.Presence = t.Presence
	}
	if len(t.Findings) > 0 {
		out.Finding = t.Findings[0]
	}
	if !t.Since.IsZero() {
		out.Since = t.Since.UTC().Format(time.RFC3339)
	}
	return out
}

// since is when what is wrong with a partition began: when it should have been there, when an input was seen to have changed,
// when the run failed.
func (t *track) since(d dated) time.Time {
	switch {
	case d.presence == Missing || d.presence == Pending:
		return d.period.End().Add(t.spec.Settle)
	case d.has(Failed):
		return t.build.CompletedAt
	case d.has(Stale):
		return d.changed.now.Since
	}
	return time.Time{}
}
