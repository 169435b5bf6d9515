package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// result is one case.
type result struct {
	truth
	judgement

	took time.Duration
}

// printResults writes the table in Markdown and reports whether anything is wrong.
func printResults(out io.Writer, results []result) (wrong bool, err error) {
	slices.SortStableFunc(results, func(a, b result) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), strings.Compare(a.Kind, b.Kind), cmp.Compare(a.Seed, b.Seed))
	})
	var b strings.Builder
	b.WriteString("| kind | seed | injected | found, node and period right | not found | said of what follows | no truth explains | seconds |\n")
	b.WriteString("| --- | --- | --- | --- | --- | --- | --- | --- |\n")
	injected, found, grave, strange := 0, 0, 0, 0
	for _, r := range results {
		injected += len(r.found) + len(r.lost)
		found += len(r.found)
		grave += len(r.grave())
		strange += len(r.strange)
		wrong = wrong || r.wrong()
		b.WriteString(r.row())
	}
	fmt.Fprintf(&b, "\n%d cases: %d of %d injected partition faults found; %d findings that no truth explains, %d of them %s.\n",
		len(results), found, injected, strange, grave, strings.Join(graveWords(), ", "))
	if _, err = io.WriteString(out, b.String()); err != nil {
		return wrong, fmt.Errorf("writing the table: %w", err)
	}
	return wrong, nil
}

const dataFault = "data_fault"

// rank puts the kinds with wrong data first.
func (r result) rank() int {
	if r.Class == dataFault {
		return 0
	}
	return 1
}

func (r result) row() string {
	kind := r.Kind
	if r.Hard {
		kind += " (hard)"
	}
	var injected []string
	for _, c := range slices.Concat(r.found, r.lost) {
		injected = append(injected, c.String())
	}
	for _, c := range r.content {
		injected = append(injected, c.String()+" (in the rows, not the partition)")
	}
	found := ""
	if n := len(r.found) + len(r.lost); n > 0 {
		found = fmt.Sprintf("%d of %d", len(r.found), n)
	}
	var lost []string
	for _, c := range r.lost {
		lost = append(lost, c.String())
	}
	cells := []string{
		kind, strconv.Itoa(r.Seed), strings.Join(injected, "; "), found, strings.Join(lost, "; "),
		byWord(r.follow), byWord(r.strange), fmt.Sprintf("%.1f", r.took.Seconds()),
	}
	return "| " + strings.Join(cells, " | ") + " |\n"
}

// byWord groups sightings by their word: "partial fct_orders 2026-06-01, int_days 2026-06-01 to 2026-06-04; …".
func byWord(all []sighting) string {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b sighting) int {
		return cmp.Or(strings.Compare(a.word, b.word), strings.Compare(a.node, b.node), strings.Compare(a.period, b.period))
	})
	var words []string
	for len(all) > 0 {
		first := all[0]
		n := 0
		for n < len(all) && all[n].word == first.word && all[n].node == first.node {
			n++
		}
		text := first.node[strings.LastIndex(first.node, ".")+1:]
		if first.period != "" {
			text += " " + first.period
		}
		if n > 1 {
			text += fmt.Sprintf(" and %d more", n-1)
		}
		if k := len(words) - 1; k >= 0 && strings.HasPrefix(words[k], first.word+" ") {
			words[k] += ", " + text
		} else {
			words = append(words, first.word+" "+text)
		}
		all = all[n:]
	}
	return strings.Join(words, "; ")
}
