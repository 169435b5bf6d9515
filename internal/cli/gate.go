package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
)

// gate is a condition on a tool's answer under which --fail-on fails the command: the exit code of a check in CI.
type gate struct {
	tool string
	on   string
	// fails says in a few words what does not hold, nothing where all is well.
	fails func(answer json.RawMessage) (string, error)
}

// gates are all there are. They look at counts of the whole, never at the page that was asked for.
func gates() []gate {
	return []gate{
		{"compare_artifacts", "breaking", breaking},
		{"check_partitions", "not-ready", notReady},
	}
}

// gateFor finds the gate of a tool; nil where none is asked for.
func gateFor(tool, on string) (*gate, error) {
	if on == "" {
		return nil, nil //nolint:nilnil // not asked for, which is no error
	}
	var valid, elsewhere []string
	for _, g := range gates() {
		switch {
		case g.tool == tool && g.on == on:
			return &g, nil
		case g.tool == tool:
			valid = append(valid, g.on)
		case !slices.Contains(elsewhere, g.tool):
			elsewhere = append(elsewhere, g.tool)
		}
	}
	if len(valid) == 0 {
		return nil, fault.New(fault.Invalid, "%s has nothing to fail on. --fail-on is for %s.", tool, strings.Join(elsewhere, ", "))
	}
	return nil, fault.New(fault.Invalid, "--fail-on %q is unknown for %s.%s Valid: %s.", on, tool, fault.DidYouMean(on, valid), strings.Join(valid, ", "))
}

// hold prints what does not hold and returns errGate for it.
func (r *root) hold(g *gate, answer json.RawMessage) error {
	why, err := g.fails(answer)
	if err != nil || why == "" {
		return err
	}
	fmt.Fprintf(r.Err, "headwater: --fail-on %s: %s\n", g.on, sentence(why))
	return errGate
}

// breaking counts what could not be proved harmless: unknown is treated as breaking.
func breaking(answer json.RawMessage) (string, error) {
	var a platform.CompareAnswer
	if err := json.Unmarshal(answer, &a); err != nil {
		return "", fmt.Errorf("decode an answer: %w", err)
	}
	known, unknown := a.ByCategory[lineage.CategoryBreaking], a.ByCategory[lineage.CategoryUnknown]
	switch {
	case unknown > 0:
		return fmt.Sprintf("%d breaking, and %d unknown, which count as breaking until they are proved not to be", known, unknown), nil
	case known > 0:
		return fmt.Sprintf("%d breaking", known), nil
	}
	return "", nil
}

func notReady(answer json.RawMessage) (string, error) {
	var a struct {
		NotReady int `json:"not_ready"`
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		return "", fmt.Errorf("decode an answer: %w", err)
	}
	if a.NotReady == 0 {
		return "", nil
	}
	return fmt.Sprintf("%d partitions are not ready", a.NotReady), nil
}
