package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Origin is a node that the values of a dimension are read from.
type Origin struct {
	Node string
	// Path leads from Node to the fact's model, both included; each node on it has a column of the dimension's name.
	Path []string
}

// whence adds where the values of a slice are read from to the evidence, where values were lost or stopped to come: what is
// broken is there or on the way. Of a slice of several dimensions these are the origins that hold most of them.
func (w *weighing) whence() {
	if len(w.out.Causes) == 0 {
		return
	}
	a := w.out.Causes[0]
	var dims []string
	for _, dim := range w.in.Dimensions {
		value, cut := a.Where[dim]
		if cut && (a.Cause == TrackingLoss || a.Cause == NullExplosion && value == nil) {
			dims = append(dims, dim)
		}
	}
	const detail = "The values of %s come from here, as the names of columns tell. " +
		"No partition check found it wrong: look at its rows first, then down the path."
	found := []Evidence{}
	for _, o := range w.origins(dims) {
		found = append(found, Evidence{
			Kind: PartitionEvidence, Node: o.Node, Partition: w.in.Period.String(), Path: o.Path,
			Detail: fmt.Sprintf(detail, listed(o.dims)),
		})
	}
	w.out.Evidence = append(found, w.out.Evidence...)
	over := max(0, len(w.out.Evidence)-maxEvidence)
	w.out.Evidence = w.out.Evidence[:len(w.out.Evidence)-over]
	w.out.EvidenceLeftOut += over
}

// origin is where some dimensions come from.
type origin struct {
	Origin

	dims []string
}

// origins are those nodes that most of some dimensions come from, by name.
func (w *weighing) origins(dims []string) []origin {
	var all []origin
	for _, dim := range dims {
		for _, o := range w.in.Origins[dim] {
			same := slices.IndexFunc(all, func(known origin) bool { return known.Node == o.Node })
			if same < 0 {
				same = len(all)
				all = append(all, origin{Origin: o})
			}
			all[same].dims = append(all[same].dims, dim)
		}
	}
	slices.SortFunc(all, func(a, b origin) int {
		return cmp.Or(cmp.Compare(len(b.dims), len(a.dims)), strings.Compare(a.Node, b.Node))
	})
	return slices.DeleteFunc(all, func(o origin) bool { return len(o.dims) < len(all[0].dims) || w.troubled(o.Node) })
}

// troubled reports whether evidence of a node is there already.
func (w *weighing) troubled(node string) bool {
	return slices.ContainsFunc(w.out.Evidence, func(e Evidence) bool { return e.Node == node })
}

// listed joins names as a sentence does.
func listed(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
