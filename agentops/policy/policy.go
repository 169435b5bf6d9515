// Package policy says who may write what: whether runs may write at all, which relations no run may touch, and how large a plan
// may be. It decides and words the refusal; the audit of what was asked is kept by whoever asks.
//
// Invariants: what is not allowed is denied; a refusal names the line that would allow it.
package policy

import (
	"fmt"
	"path"
	"strings"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
)

// Writes is what runs may write.
type Writes string

const (
	// Deny: nothing. The default.
	Deny Writes = "deny"
	// Activation: headwater's own outputs.
	Activation Writes = "activation"
	// Allow: whatever an executor is configured for.
	Allow Writes = "allow"
)

// Policy is what the configuration says.
type Policy struct {
	Writes Writes
	// MaxPairs is the most pairs of one plan; 0 is any number.
	MaxPairs int
	// Protected are patterns of database.schema.identifier, case folded, with * for anything. One with fewer parts means the last
	// ones of a name, or the first.
	Protected []string
}

// Refuses says why no run may write a node, with the remedy; "" where one may. What policy.writes denies altogether is not
// refused here, because a plan may be made and looked at all the same: see MayStart.
func (p Policy) Refuses(n *lineage.Node) (backfill.Refusal, string) {
	if pattern := p.protecting(n); pattern != "" {
		return backfill.RefusedProtected, fmt.Sprintf("policy.protected in headwater.yaml has %q, which means %s: no run writes it. Repair it by hand, or take the pattern out.",
			pattern, name(n))
	}
	if p.Writes == Activation && n.Type != lineage.TypeActivation {
		return backfill.RefusedProtected, "policy.writes is activation, which allows headwater's own outputs only. `policy: {writes: allow}` in headwater.yaml allows runs of models and loaders."
	}
	return "", ""
}

func (p Policy) protecting(n *lineage.Node) string {
	if n.Relation == "" && n.Identifier == "" {
		return ""
	}
	parts := []string{}
	for _, part := range []string{n.Database, n.Schema, n.Identifier} {
		if part != "" {
			parts = append(parts, strings.ToLower(part))
		}
	}
	if n.Identifier == "" {
		parts = strings.Split(strings.ToLower(strings.NewReplacer(`"`, "", "`", "").Replace(n.Relation)), ".")
	}
	for _, pattern := range p.Protected {
		folded := strings.ToLower(strings.TrimSpace(pattern))
		for i := range parts {
			// A * stands for dots, too, so that prod.* means all of a database and all of a schema of that name.
			if ok, err := path.Match(folded, strings.Join(parts[i:], ".")); err == nil && ok {
				return pattern
			}
		}
	}
	return ""
}

func name(n *lineage.Node) string {
	if n.Relation != "" {
		return strings.NewReplacer(`"`, "", "`", "").Replace(n.Relation)
	}
	return n.Name
}

// MayStart is fault.Blocked, with the line that would allow it, where runs may write nothing.
func (p Policy) MayStart() error {
	if p.Writes == Activation || p.Writes == Allow {
		return nil
	}
	return fault.New(fault.Blocked, "policy.writes is deny, so no run may start. Add `policy: {writes: activation}` to headwater.yaml to allow headwater's own outputs, or `policy: {writes: allow}` for models and loaders, too.")
}

// Fits is fault.Blocked where a plan has too many pairs, and says how to split it.
func (p Policy) Fits(pairs int) error {
	if p.MaxPairs <= 0 || pairs <= p.MaxPairs {
		return nil
	}
	return fault.New(fault.Blocked, "The plan would have %d pairs, and policy.max_pairs is %d. Ask for fewer periods at a time, the earliest first, or for fewer nodes, or with downstream: false; about %d plans do it. policy.max_pairs in headwater.yaml allows more.",
		pairs, p.MaxPairs, (pairs+p.MaxPairs-1)/p.MaxPairs)
}
