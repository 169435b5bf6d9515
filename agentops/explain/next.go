package explain

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// The tools that next steps call.
const (
	checkPartitions = "check_partitions"
	traceLineage    = "trace_lineage"
	queryActivation = "query_activation"
	getNode         = "get_node"
	compare         = "compare_artifacts"
	planBackfill    = "plan_backfill"
)

// lookBack is how many periods before the one asked a next step shows.
const lookBack = 14

// nextSteps are the calls that a careful reader would make now, ready to be made.
func nextSteps(w *weighing) []Action {
	switch w.out.Verdict.Class {
	case NotClosed:
		return []Action{w.query("The numbers so far, marked as open.", nil)}
	case NotLoaded:
		if h := pendingOf(w.in); h != nil {
			return []Action{check1(h.Node, h.Partition, h.Last, "When the partition is due and whether it came.")}
		}
		return []Action{}
	case None, Inconclusive:
		out := []Action{w.query("The two weeks before, to see how ordinary it is.", nil)}
		if w.in.Period.Grain != "day" {
			out[0].Why = "The periods before, to see how ordinary it is."
		}
		if w.in.Model != "" && w.out.Verdict.Class == Inconclusive {
			out = append(out, w.health())
		}
		return out
	case DataFault, Behaviour, CalendarEvent, SuspiciousTraffic, Composition:
	}
	return w.pursue()
}

// pursue follows each cause: a fault to its partition, its path and its code, a slice to its own history.
func (w *weighing) pursue() []Action {
	out := []Action{}
	for _, a := range w.out.Causes {
		switch {
		case a.Cause == CodeChange && a.Node != "":
			out = append(out, w.code(a))
		case a.Node != "":
			out = append(out, check1(a.Node, a.Partition, a.Last, "The partition itself: whether it has come since."))
			if mendable(a) {
				plan := check1(a.Node, a.Partition, a.Last, "What has to be run to mend it and all that was built from it.")
				plan.Tool = planBackfill
				out = append(out, plan)
			}
		}
		if a.Node != "" && w.in.Model != "" {
			out = append(out, Action{traceLineage, map[string]any{"node": a.Node, "direction": "downstream", "to": w.in.Model}, "The way from the fault to the fact, and what else reads it."})
		}
	}
	const slicesShown = 2
	for _, s := range w.out.Segments[:min(len(w.out.Segments), slicesShown)] {
		out = append(out, w.query(fmt.Sprintf("The history of %s alone.", conjunction(w.in.Dimensions, s.Where)), s.Where))
	}
	if len(out) == 0 {
		out = append(out, w.query("The history of the four transitions.", nil))
	}
	if w.out.Verdict.Class != DataFault && w.in.Model != "" {
		out = append(out, w.health())
	}
	return out
}

// code shows what changed in the code of a node, or where the artifacts before are not known the code.
func (w *weighing) code(a Attribution) Action {
	for _, h := range w.in.Health {
		if h.Problem == CodeChanged && h.Node == a.Node && h.Base != "" {
			return Action{compare, map[string]any{"base": h.Base, "select": a.Node}, "The lines of code that changed."}
		}
	}
	return Action{getNode, map[string]any{"node": a.Node, "include": []string{"code", "runs"}}, "The code that built it, and its last runs."}
}

// mendable reports whether loading a partition again can be what helps.
func mendable(a Attribution) bool {
	return a.Partition != "" && slices.Contains([]Cause{MissingPartition, PartialPartition, DuplicateLoad, LateData}, a.Cause)
}

func check1(node, partition, last, why string) Action {
	arguments := map[string]any{"nodes": []string{node}}
	if partition != "" {
		arguments["first"], arguments["last"] = partition, cmp.Or(last, partition)
	}
	return Action{checkPartitions, arguments, why}
}

// health checks the partitions of the fact's model around the period.
func (w *weighing) health() Action {
	return Action{checkPartitions, map[string]any{
		"select": "+" + w.in.Model, "first": w.in.Period.Prev().String(), "last": w.in.Period.String(), "only": "problems",
	}, "Whether anything upstream of the fact is missing that was not looked at."}
}

// query shows the history up to the period, of one slice where there is one.
func (w *weighing) query(why string, where map[string]any) Action {
	from := w.in.Period.Add(-lookBack)
	if from.Index < w.in.First.Index {
		from = w.in.First
	}
	arguments := map[string]any{
		"fact": w.in.Fact, "grain": string(w.in.Period.Grain), "first": from.String(), "last": w.in.Period.String(),
	}
	if len(where) > 0 {
		arguments["where"] = maps.Clone(where)
	}
	return Action{queryActivation, arguments, why}
}
