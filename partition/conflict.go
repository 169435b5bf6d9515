package partition

import (
	"fmt"
	"strings"
)

// claim is who said a field of a draft first.
type claim struct{ from, value string }

// claims are, by field, the first to say something of where a node's rows are put.
type claims struct {
	made map[string]claim
	// words are the contradictions, in the order of the sources.
	words []string
	said  map[string]bool
}

// take notes what a layer says, and where it says something else than one before it. A fact is of another table's readers and
// contradicts nobody.
func (c *claims) take(l layer) {
	if c.made == nil {
		c.made, c.said = map[string]claim{}, map[string]bool{}
	}
	for _, f := range []struct{ name, value string }{
		{"grain", l.fields.Grain}, {"time", l.fields.Time}, {"timezone", l.fields.Timezone},
	} {
		first, ok := c.made[f.name]
		switch {
		case f.value == "":
		case !ok:
			c.made[f.name] = claim{l.from, f.value}
		case !strings.EqualFold(first.value, f.value) && !c.said[f.name]:
			c.said[f.name] = true
			c.words = append(c.words, fmt.Sprintf("%s says %s %s, and %s says %s: the first is followed.",
				first.from, f.name, first.value, l.from, f.value))
		}
	}
}

func (c *claims) conflict() string { return strings.Join(c.words, " ") }
