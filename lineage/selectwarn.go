package lineage

import (
	"slices"
	"strings"
)

// warnings says for every part that matched nothing what it probably should have been.
//
// dbt warns of no more than that a part matches nothing. What it passes over besides is said after them.
func (e *evaluation) warnings(r SelectRequest) []string {
	out := []string{}
	for _, raw := range e.misses {
		out = append(out, `"`+raw+`" matches nothing.`+e.hint(raw, r))
	}
	return append(out, e.remarks...)
}

// remarkTexts warns of texts in selectors.yml that are written like a --select of several parts: there a text is one part,
// spaces and commas included.
func (e *evaluation) remarkTexts(name string, texts []*criterion) {
	for _, c := range texts {
		if strings.ContainsAny(c.value, " ,") {
			e.remarks = append(e.remarks, `"`+c.raw+`" in selector `+name+
				" is one part for dbt, with its spaces and commas. Write a list under union: for alternatives, under intersection: for what all select.")
		}
	}
}

// commaHint explains "a, b": dbt reads it as the empty intersection "a," and the part "b".
func (e *evaluation) commaHint(raw string, r SelectRequest) string {
	for _, text := range []string{r.Select, r.Exclude} {
		parts := strings.Split(text, " ")
		if k := slices.Index(parts, raw); k >= 0 && k+1 < len(parts) && parts[k+1] != "" {
			a, b := strings.TrimSuffix(raw, ","), parts[k+1]
			return ` A space separates alternatives, also after a comma. Write "` + a + "," + b +
				`" for what both select, "` + a + " " + b + `" for what either selects.`
		}
	}
	return ` Nothing follows the comma. Write "` + strings.TrimRight(raw, ",") + `" alone, or a,b for what both select.`
}

// remarkTypes says why a selection that matches something is empty: everything in it is of a type that was not asked for.
func (e *evaluation) remarkTypes(chosen set, r SelectRequest) {
	if chosen.empty() {
		return
	}
	left := chosen.clone()
	left.intersect(e.types)
	if !left.empty() {
		return
	}
	var types []string
	for _, t := range Types() {
		of := chosen.clone()
		of.intersect(e.g.ofTypes(t))
		if !of.empty() {
			types = append(types, string(t))
		}
	}
	why := "which a selection leaves out by default"
	if len(r.ResourceTypes) > 0 {
		why = "and resource_types asks for " + strings.Join(r.ResourceTypes, ", ")
	}
	e.remarks = append(e.remarks, `"`+r.Select+`" selects only nodes of type `+strings.Join(types, ", ")+", "+why+
		": name "+types[0]+" in resource_types to see them.")
}
