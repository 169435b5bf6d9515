package lineage

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/headwater-mcp/headwater/fault"
)

// spec is a parsed selection: a criterion, or a group of specs.
type spec interface{ isSpec() }

// criterion is one part without spaces and commas: graph operators around a method and its value.
type criterion struct {
	raw              string
	method           string
	arguments        []string // of the method: "meta", "owner" in config.meta.owner:x
	value            string
	childrensParents bool // @
	parents          depth
	children         depth
	indirect         Indirect
}

// depth is how far a + reaches: steps when on, every step when below zero.
type depth struct {
	on    bool
	steps int
}

type operation int

const (
	union operation = iota
	intersection
	difference // of the first part and all others
)

// group combines specs. raw is what the user wrote; where mustMatch is set, a group without nodes earns a warning.
type group struct {
	op        operation
	parts     []spec
	raw       string
	mustMatch bool
	indirect  Indirect
}

func (*criterion) isSpec() {}
func (*group) isSpec()     {}

// criterionPattern is the grammar of one part. Its groups: @, parents' +, their depth, method, value, children's +,
// their depth.
var criterionPattern = regexp.MustCompile(`\A(@)?((\d*)\+)?(?:([\pL\pN_.]+):)?(.*?)(\+(\d*))?\z`)

// parseUnion reads a --select or --exclude: parts separated by single spaces, each an intersection separated by commas.
// An empty text is an empty union.
func parseUnion(text string, indirect Indirect) (*group, error) {
	whole := &group{op: union, raw: text, indirect: indirect}
	if text == "" {
		return whole, nil
	}
	for part := range strings.SplitSeq(text, " ") {
		both := &group{op: intersection, raw: part, mustMatch: true, indirect: indirect}
		for raw := range strings.SplitSeq(part, ",") {
			c, err := parseCriterion(raw, indirect)
			if err != nil {
				return nil, err
			}
			both.parts = append(both.parts, c)
		}
		whole.parts = append(whole.parts, both)
	}
	return whole, nil
}

// everything is what is selected where nothing is said.
func everything(indirect Indirect) *group {
	whole := &group{op: union, indirect: indirect}
	for _, m := range []string{"fqn", "source", "exposure", "metric", "semantic_model"} {
		whole.parts = append(whole.parts, &criterion{raw: m + ":*", method: m, value: "*", indirect: indirect})
	}
	return whole
}

func parseCriterion(raw string, indirect Indirect) (*criterion, error) {
	m := criterionPattern.FindStringSubmatch(raw)
	if m == nil {
		return nil, fault.New(fault.Invalid,
			"%q is no selector: it holds a line break. Write it on one line, parts separated by spaces.", raw)
	}
	c := &criterion{raw: raw, childrensParents: m[1] != "", value: m[5], indirect: indirect}
	c.parents = parseDepth(m[2], m[3])
	c.children = parseDepth(m[6], m[7])
	if c.childrensParents && c.children.on {
		return nil, fault.New(fault.Invalid,
			"%q has @ before and + after: @x already means x, its descendants and all their ancestors. Drop one of them.", raw)
	}
	name, arguments, _ := strings.Cut(m[4], ".")
	switch {
	case m[4] == "":
		c.method = methodOf(c.value)
	case !isMethod(name):
		return nil, unknownMethod(name, raw)
	default:
		c.method = name
		if strings.Contains(m[4], ".") {
			c.arguments = strings.Split(arguments, ".")
		}
	}
	return c, nil
}

// methodOf is the method of a value that names none.
func methodOf(value string) string {
	lower := strings.ToLower(value)
	switch {
	case strings.Contains(value, "/"):
		return "path"
	case strings.HasSuffix(lower, ".sql"), strings.HasSuffix(lower, ".py"), strings.HasSuffix(lower, ".csv"):
		return "file"
	}
	return "fqn"
}

// parseDepth reads the plus sign of one side and the digits beside it. No digits, and more than fit a number, mean
// every step.
func parseDepth(plus, digits string) depth {
	if plus == "" {
		return depth{}
	}
	steps, err := strconv.Atoi(digits)
	if err != nil {
		steps = -1
	}
	return depth{on: true, steps: steps}
}
