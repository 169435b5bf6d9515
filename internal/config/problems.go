package config

import (
	"strings"

	"github.com/headwater-mcp/headwater/fault"
)

// problem is something wrong with the configuration, and where it was said.
type problem struct {
	// where is "headwater.yaml:12" or the name of a variable.
	where string
	text  string
}

type problems []problem

// mostProblems is how many problems one error lists: mending those usually shows what the others are.
const mostProblems = 8

// err returns nil without problems, else one fault.Invalid with a line for each, in the order in which they were found.
func (ps problems) err() error {
	if len(ps) == 0 {
		return nil
	}
	lines := make([]string, 0, len(ps))
	for _, p := range ps[:min(len(ps), mostProblems)] {
		lines = append(lines, p.where+": "+p.text)
	}
	if more := len(ps) - mostProblems; more > 0 {
		return fault.New(fault.Invalid, "%s\n%d more problems follow these.", strings.Join(lines, "\n"), more)
	}
	return fault.New(fault.Invalid, "%s", strings.Join(lines, "\n"))
}
