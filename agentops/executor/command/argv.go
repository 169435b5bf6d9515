package command

import (
	"regexp"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
)

// Placeholders lists what an argument may hold in braces, and what stands there then:
//
//   - node: the unique_id, like source.shop.raw.app_events; name: what a project calls it, like raw.app_events
//   - first, last: the names of the first and the last period, both inclusive, like 2026-06-09; empty for a node without periods
//   - start, end: the same as instants, [start, end), like 2026-06-08T15:00:00Z; empty likewise
func Placeholders() []string { return []string{"node", "name", "first", "last", "start", "end"} }

var placeholder = regexp.MustCompile(`\{[a-zA-Z_]+\}`)

// check is fault.Invalid where a command line can never be what was meant.
func check(argv []string) error {
	if len(argv) == 0 || argv[0] == "" {
		return fault.New(fault.Invalid, `An executor of type command needs argv, like [./load.sh, "{node}", "{first}", "{last}"].`)
	}
	for i, argument := range argv {
		for _, found := range placeholder.FindAllString(argument, -1) {
			name := strings.Trim(found, "{}")
			known := values(nil, nil)[name] != nil
			if i == 0 && known {
				return fault.New(fault.Invalid, "The program of an executor is %q. Which program runs cannot depend on the node or the period; give %s as an argument.",
					argument, found)
			}
			if !known {
				return fault.New(fault.Invalid, "An executor's argv has %s, which means nothing.%s Valid are {%s}; what needs braces of its own belongs into a script.",
					found, fault.DidYouMean(name, Placeholders()), strings.Join(Placeholders(), "}, {"))
			}
		}
	}
	return nil
}

// mentions reports whether a command line is given a period.
func mentions(argv []string) bool {
	for _, argument := range argv {
		for _, name := range []string{"{first}", "{last}", "{start}", "{end}"} {
			if strings.Contains(argument, name) {
				return true
			}
		}
	}
	return false
}

// fill puts the node and the periods into the arguments. What they hold is never looked at again, by us or by a shell.
func fill(argv []string, n *lineage.Node, pairs []backfill.Pair) []string {
	all := values(n, pairs)
	out := make([]string, len(argv))
	for i, argument := range argv {
		out[i] = placeholder.ReplaceAllStringFunc(argument, func(found string) string {
			if value := all[strings.Trim(found, "{}")]; value != nil {
				return *value
			}
			return found
		})
	}
	return out
}

// values are what the placeholders stand for.
func values(n *lineage.Node, pairs []backfill.Pair) map[string]*string {
	out := map[string]*string{}
	for _, name := range Placeholders() {
		out[name] = new(string)
	}
	if n != nil {
		*out["node"], *out["name"] = n.ID, n.RefName()
	}
	if len(pairs) > 0 && !pairs[0].Whole() {
		first, last := pairs[0], pairs[len(pairs)-1]
		*out["first"], *out["last"] = first.Period, last.Period
		*out["start"], *out["end"] = first.Start.UTC().Format(time.RFC3339), last.End.UTC().Format(time.RFC3339)
	}
	return out
}
