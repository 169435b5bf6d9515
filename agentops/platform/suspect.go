package platform

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// suspects answers what activation asks about a fact's periods with what is wrong upstream of its model.
type suspects struct {
	platform *Platform
	model    string
}

// Suspects asks the checker once.
func (s suspects) Suspects(
	ctx context.Context, _ *activation.Definition, first, last period.Period,
) (activation.Suspicion, error) {
	var asked []period.Period
	for p := first; p.Index <= last.Index; p = p.Next() {
		asked = append(asked, p)
	}
	return s.platform.suspicion(ctx, s.model, asked, (*partition.Checker).Upstream)
}

// look is how the checker is asked: Upstream, or Lacking where it matters which periods are suspect, and not by what.
type look func(
	*partition.Checker, context.Context, *lineage.Graph, partition.Specs, string, []period.Period, time.Time,
) ([]partition.Trouble, error)

// suspicion judges periods of any grains of a fact by one question to the checker. The suspect ones are sorted by grain, then by
// period.
func (p *Platform) suspicion(
	ctx context.Context, model string, asked []period.Period, look look,
) (activation.Suspicion, error) {
	switch {
	case model == "":
		return activation.Suspicion{Unchecked: "The fact's relation is no node of the lineage graph."}, nil
	case p.SpecsError != nil:
		return activation.Suspicion{Unchecked: p.SpecsError.Error()}, nil //nolint:nilerr // it is said in the answer
	case p.Checker == nil:
		return activation.Suspicion{Unchecked: "Nothing is there to check partitions with."}, nil
	}
	troubles, err := look(p.Checker, ctx, p.Graph, p.Specs, model, asked, p.AsOf)
	if err != nil {
		if ctx.Err() == nil && fault.KindOf(err) == fault.Unavailable {
			return activation.Suspicion{Unchecked: err.Error()}, nil
		}
		return activation.Suspicion{}, err
	}
	return activation.Suspicion{Periods: suspectsOf(p.Graph, troubles), Unchecked: unchecked(p.Graph, troubles)}, nil
}

// suspectsOf tells troubles by the periods that need them. A trouble that follows from another one is a cause only of periods for
// which nothing else is known.
func suspectsOf(graph *lineage.Graph, troubles []partition.Trouble) []activation.Suspect {
	found, following := causesOf(graph, troubles, false), causesOf(graph, troubles, true)
	for q, causes := range following {
		if _, known := found[q]; !known {
			found[q] = causes
		}
	}
	out := make([]activation.Suspect, 0, len(found))
	for q, causes := range found {
		out = append(out, activation.Suspect{Period: q, Causes: causes})
	}
	slices.SortFunc(out, func(a, b activation.Suspect) int {
		return cmp.Or(cmp.Compare(a.Period.Grain, b.Period.Grain), cmp.Compare(a.Period.Index, b.Period.Index))
	})
	return out
}

// causesOf lists, by period that needs them, the partitions that make it suspect, in the order of the troubles.
func causesOf(graph *lineage.Graph, troubles []partition.Trouble, consequences bool) map[period.Period][]activation.Doubt {
	out := map[period.Period][]activation.Doubt{}
	for _, t := range troubles {
		what, suspect := suspectFor(t)
		if !suspect || t.Consequence != consequences {
			continue
		}
		name := nameOf(graph, t.Node)
		for _, q := range t.Affects {
			n := slices.IndexFunc(out[q], func(d activation.Doubt) bool { return d.Node == name && d.What == what })
			if n < 0 {
				out[q], n = append(out[q], activation.Doubt{Node: name, What: what}), len(out[q])
			}
			if t.Partition() != "" {
				out[q][n].Partitions = append(out[q][n].Partitions, t.Period)
			}
		}
	}
	return out
}

// suspectFor is the presence or finding for which the periods that need a partition are suspect.
func suspectFor(t partition.Trouble) (what string, suspect bool) {
	if t.Presence == partition.Missing {
		return string(t.Presence), true
	}
	for _, f := range t.Findings {
		switch f {
		case partition.Partial, partition.Failed, partition.Empty:
			return string(f), true
		case partition.Duplicated, partition.Stale, partition.Late, partition.TestFailed, partition.LowVolume, partition.HighVolume,
			partition.Untested, partition.EmptyAsUsual, partition.CodeChanged, partition.DefinitionChanged, partition.LedgerMismatch:
		}
	}
	return "", false
}

// unchecked says what could not be observed: of the first node why, of the others how many they are.
func unchecked(graph *lineage.Graph, troubles []partition.Trouble) string {
	var nodes []string
	reason := ""
	for _, t := range troubles {
		if t.Presence != partition.Unknown || slices.Contains(nodes, t.Node) {
			continue
		}
		if nodes = append(nodes, t.Node); len(nodes) == 1 {
			reason = fmt.Sprintf("%s was not observed: %s", nameOf(graph, t.Node), strings.TrimSuffix(t.Detail, "."))
		}
	}
	switch len(nodes) {
	case 0:
		return ""
	case 1:
		return reason + "."
	}
	return fmt.Sprintf("%s; and %d more.", reason, len(nodes)-1)
}
