package lineage

import (
	"path"
	"slices"
	"strings"

	"github.com/headwater-mcp/headwater/fault"
)

// hint says what a part that matches nothing was probably meant to be; empty where nothing is known.
func (e *evaluation) hint(raw string, r SelectRequest) string {
	switch {
	case strings.TrimSpace(raw) == "":
		return " There is a space too many: parts are separated by single spaces."
	case strings.HasSuffix(raw, ","):
		return e.commaHint(raw, r)
	case strings.HasPrefix(raw, ","), strings.Contains(raw, ",,"):
		return " A comma wants a part on both sides: a,b is what both select."
	case strings.Contains(raw, ","):
		return e.intersectionHint(raw)
	case strings.HasPrefix(raw, "--"):
		return " An option inside a selection is taken for a name: give " + strings.TrimLeft(raw, "-") + " as an argument of its own."
	case strings.EqualFold(raw, "and"):
		return " Write a comma without spaces for and: a,b."
	case strings.EqualFold(raw, "or"):
		return " Leave it out: a space is or already."
	}
	return e.criterionHint(raw)
}

// intersectionHint tells parts that select nothing by themselves from parts that have nothing in common.
func (e *evaluation) intersectionHint(raw string) string {
	for part := range strings.SplitSeq(raw, ",") {
		c, err := parseCriterion(part, Empty)
		if err != nil {
			continue
		}
		quiet := &evaluation{g: e.g, types: e.types, indirect: Empty, selectors: e.selectors, before: e.before, states: e.states}
		if found, _, err := quiet.eval(c); err == nil && found.empty() {
			return ` Of its parts "` + part + `" matches nothing by itself.` + e.criterionHint(part)
		}
	}
	return " No node is selected by all of its parts."
}

func (e *evaluation) criterionHint(raw string) string {
	c, err := parseCriterion(raw, Eager)
	switch {
	case err != nil:
		return ""
	case c.value == "" && strings.HasSuffix(raw, ":"):
		return " Nothing follows the colon."
	case c.value == "" && strings.ContainsAny(raw, "+@"):
		return " The operator stands alone: write it right beside a part, without a space."
	case strings.HasPrefix(c.value, ":"):
		return " There is a colon too many."
	case c.method == "config" && len(c.arguments) == 0:
		return " config wants a key: config.materialized:table, config.meta.owner:ann."
	case c.method != "config" && len(c.arguments) > 0:
		return " Only config takes a key after a dot."
	case c.method == "state":
		return " Nothing differs from the earlier manifest in that way."
	}
	wild := strings.ContainsAny(c.value, "*?[")
	switch {
	case wild && slices.Contains([]string{"access", "version", "resource_type", "test_type", "result", "config"}, c.method):
		return " " + c.method + " takes no wildcards." + fault.DidYouMean(strings.Trim(c.value, "*?[]"), e.values(c))
	case wild && !strings.HasPrefix(c.value, "*"):
		return e.caseHint(c)
	case wild:
		return ""
	}
	if source := e.sourceNamed(c); source != "" {
		return ` It is a source: write "source:` + source + `".`
	}
	return fault.DidYouMean(c.value, e.values(c))
}

// caseHint looks whether a pattern would match with other capital letters.
func (e *evaluation) caseHint(c *criterion) string {
	p := compilePattern(strings.ToLower(c.value))
	for _, v := range e.values(c) {
		if p.match(strings.ToLower(v)) {
			return " Capital letters count: there is " + v + "."
		}
	}
	return ""
}

// sourceNamed returns the source that a bare name means; fqn: does not look at sources.
func (e *evaluation) sourceNamed(c *criterion) string {
	if c.method != "fqn" {
		return ""
	}
	for _, n := range e.g.nodes {
		if n.Source != nil && (n.RefName() == c.value || n.Name == c.value || n.ID == c.value) {
			return n.RefName()
		}
	}
	return ""
}

// values lists what a method could have matched, for the near misses of a value.
func (e *evaluation) values(c *criterion) []string {
	if c.method == "version" {
		return []string{"latest", "prerelease", "old", "none"}
	}
	var out []string
	for _, n := range e.g.nodes {
		switch {
		case c.method == "fqn" && n.Type != TypeSource && n.Type != TypeTest:
			out = append(out, n.Name)
		case c.method == "tag":
			out = append(out, n.Tags...)
		case c.method == "group" && n.Group != "":
			out = append(out, n.Group)
		case c.method == "access" && n.Access != "":
			out = append(out, n.Access)
		case c.method == "package":
			out = append(out, n.Package)
		case c.method == "source" && n.Source != nil:
			out = append(out, n.Source.Name, n.RefName())
		case c.method == "test_name" && n.Test != nil:
			out = append(out, n.Test.Name)
		case c.method == "file" && n.Path != "":
			out = append(out, path.Base(n.Path))
		case c.method == "path" && n.Package == e.g.project && n.Path != "":
			out = append(out, n.Path, path.Dir(n.Path))
		case c.method == "config":
			out = append(out, configWords(n, c.arguments)...)
		case c.method == "result" && e.before != nil:
			out = append(out, e.before.Results[n.ID])
		case c.method == string(n.Type):
			out = append(out, n.Name)
		}
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), func(s string) bool { return s == "" })
}

// configWords are the texts that a node's config has at a key.
func configWords(n *Node, keys []string) []string {
	value, _ := configAt(n, keys)
	switch v := value.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, x := range v {
			if s, ok := x.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}
