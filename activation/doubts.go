package activation

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/headwater-mcp/headwater/period"
)

const (
	// maxDoubts is how many runs of suspect periods are told one by one, maxCauses how many causes of a run.
	maxDoubts = 3
	maxCauses = 2
)

// doubt notes which of the numbers that were asked for are suspect, and why.
func (i *inquiry) doubt(ctx context.Context, metrics []Metric, shapes []Shape) error {
	views := i.views(metrics, shapes)
	if i.query.Suspects == nil || len(views) == 0 {
		return nil
	}
	shown, from := i.last, i.last
	for _, v := range views {
		shown = earlier(shown, v.first)
		from = earlier(from, v.first.Add(-v.back))
	}
	if begin := i.cover.First(); from.Index < begin.Index {
		from = begin // what lies before it is in no output
	}
	found, err := i.query.Suspects.Suspects(ctx, i.definition, from, i.last)
	if err != nil {
		return err
	}
	suspect := map[int]bool{}
	for _, s := range found.Periods {
		suspect[s.Period.Index] = true
	}
	told := map[int]bool{} // suspect periods that are not shown, and something shown rests on them
	var consequences []string
	for _, v := range merged(views) {
		periods, culprits := v.tainted(i.last, suspect)
		for _, p := range culprits {
			told[p.Index] = true
		}
		if len(periods) > 0 {
			consequences = append(consequences, v.note(periods, culprits))
		}
	}
	worth := slices.DeleteFunc(slices.Clone(found.Periods), func(s Suspect) bool {
		return s.Period.Index < shown.Index && !told[s.Period.Index]
	})
	i.notes = append(i.notes, suspectNotes(worth)...)
	i.notes = append(i.notes, consequences...)
	if found.Unchecked != "" {
		i.notef("Not everything could be checked for suspect periods. %s", found.Unchecked)
	}
	return nil
}

func earlier(a, b period.Period) period.Period {
	if b.Index < a.Index {
		return b
	}
	return a
}

// merged makes one view of those that an echo reaches in the same periods: "transitions, gaps and streaks".
func merged(views []view) []view {
	var out []view
	for _, v := range views {
		same := slices.IndexFunc(out, func(o view) bool { return v.back == echoes && o.back == echoes && o.first == v.first })
		if same < 0 {
			out = append(out, v)
			continue
		}
		out[same].words += ", " + v.words
	}
	return out
}

// suspectNotes tells suspect periods run by run: what follows on each other and has the same first cause.
func suspectNotes(suspects []Suspect) []string {
	var runs [][]Suspect
	for n, s := range suspects {
		if n > 0 && follows(suspects[n-1], s) {
			runs[len(runs)-1] = append(runs[len(runs)-1], s)
			continue
		}
		runs = append(runs, []Suspect{s})
	}
	var out []string
	cut := len(runs) > maxDoubts
	for _, run := range runs[:min(len(runs), maxDoubts)] {
		periods, causes := together(run)
		cut = cut || len(causes) > maxCauses
		is := "is"
		if len(periods) > 1 {
			is = "are"
		}
		var words []string
		for _, c := range causes[:min(len(causes), maxCauses)] {
			words = append(words, c.String())
		}
		out = append(out, fmt.Sprintf("%s %s suspect: %s.", enumerated(periods), is, and(words, max(0, len(causes)-maxCauses))))
	}
	if cut {
		out = append(out, remainder(suspects, runs))
	}
	return out
}

func follows(a, b Suspect) bool {
	return b.Period.Index == a.Period.Index+1 && a.Causes[0].Node == b.Causes[0].Node && a.Causes[0].What == b.Causes[0].What
}

// together are the periods of suspects and their causes, each node and presence once.
func together(suspects []Suspect) (periods []period.Period, causes []Doubt) {
	for _, s := range suspects {
		periods = append(periods, s.Period)
		for _, c := range s.Causes {
			same := slices.IndexFunc(causes, func(o Doubt) bool { return o.Node == c.Node && o.What == c.What })
			if same < 0 {
				causes = append(causes, Doubt{Node: c.Node, What: c.What, Partitions: slices.Clone(c.Partitions)})
				continue
			}
			all := slices.Concat(causes[same].Partitions, c.Partitions)
			slices.SortFunc(all, func(a, b period.Period) int { return cmp.Compare(a.Index, b.Index) })
			causes[same].Partitions = slices.Compact(all)
		}
	}
	return periods, causes
}

// remainder counts what was not told, with the call that shows it.
func remainder(suspects []Suspect, runs [][]Suspect) string {
	left := 0
	for _, run := range runs[min(len(runs), maxDoubts):] {
		left += len(run)
	}
	_, causes := together(suspects)
	call := struct {
		Nodes []string `json:"nodes"`
		First string   `json:"first,omitempty"`
		Last  string   `json:"last,omitempty"`
	}{}
	for _, c := range causes {
		if !slices.Contains(call.Nodes, c.Node) && len(call.Nodes) < maxNamed {
			call.Nodes = append(call.Nodes, c.Node)
		}
		for _, p := range c.Partitions {
			call.First = min(cmp.Or(call.First, p.String()), p.String())
			call.Last = max(call.Last, p.String())
		}
	}
	arguments, err := json.Marshal(call)
	if err != nil {
		panic("activation: strings that do not marshal: " + err.Error())
	}
	if left > 0 {
		return fmt.Sprintf("%d more periods are suspect; see check_partitions %s.", left, arguments)
	}
	return fmt.Sprintf("For all that makes them suspect see check_partitions %s.", arguments)
}
