package lineage

import (
	"slices"
	"strings"

	"github.com/headwater-mcp/headwater/fault"
)

// warnings says for every part that matched nothing what it probably should have been.
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

func (e *evaluation) hint(raw string, r SelectRequest) string {
	switch {
	case strings.TrimSpace(raw) == "":
		return " There is a space too many: parts are separated by single spaces."
	case strings.HasSuffix(raw, ","):
		return e.commaHint(raw, r)
	case strings.HasPrefix(raw, ","), strings.Contains(raw, ",,"):
		return " A comma wants a part on both sides: a,b is what both select."
	case strings.Contains(raw, ","):
		return " No node is selected by all of its parts."
	}
	c, err := parseCriterion(raw, Eager)
	if err != nil || strings.ContainsAny(c.value, "*?[") {
		return ""
	}
	return fault.DidYouMean(c.value, e.values(c.method))
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

// values lists what a method could have matched, for the near misses of a value.
func (e *evaluation) values(method string) []string {
	var out []string
	for _, n := range e.g.nodes {
		switch {
		case method == "fqn" && n.Type != TypeSource && n.Type != TypeTest:
			out = append(out, n.Name)
		case method == "tag":
			out = append(out, n.Tags...)
		case method == "group" && n.Group != "":
			out = append(out, n.Group)
		case method == "package":
			out = append(out, n.Package)
		case method == "source" && n.Source != nil:
			out = append(out, n.Source.Name, n.RefName())
		case method == "test_name" && n.Test != nil:
			out = append(out, n.Test.Name)
		case method == string(n.Type):
			out = append(out, n.Name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
