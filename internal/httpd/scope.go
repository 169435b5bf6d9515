package httpd

import (
	"context"
	"slices"
	"strings"
)

// Scope is what a user may do.
type Scope string

const (
	// Read: every question, and what runs there are.
	Read Scope = "read"
	// Plan: plans of repairs, which change nothing.
	Plan Scope = "plan"
	// Write: to start, stop and repeat runs, as far as the project's policy lets anybody.
	Write Scope = "write"
)

// scopes are all of them. None holds another one.
func scopes() []Scope { return []Scope{Read, Plan, Write} }

// ScopeOf is what a user needs for a tool; "" is resources. A tool that nobody has thought of needs Write.
func ScopeOf(tool string) Scope {
	switch tool {
	case "", "server_status", "find_nodes", "get_node", "trace_lineage", "assess_impact", "compare_artifacts", "check_partitions",
		"explain_staleness", "list_facts", "query_activation", "explain_active_users", "get_backfill":
		return Read
	case "plan_backfill":
		return Plan
	default:
		return Write
	}
}

// Principal is a user that was recognised.
type Principal struct {
	Name   string
	Scopes []Scope
}

type principalKey struct{}

// allows reports whether the user of ctx may call a tool.
func allows(ctx context.Context, tool string) bool {
	p, ok := ctx.Value(principalKey{}).(Principal)
	return ok && slices.Contains(p.Scopes, ScopeOf(tool))
}

// parseScopes reads words that may have headwater's prefix, as providers want it; other words mean something to others.
func parseScopes(words []string) []Scope {
	var out []Scope
	for _, s := range scopes() {
		if slices.Contains(words, string(s)) || slices.Contains(words, "headwater:"+string(s)) {
			out = append(out, s)
		}
	}
	return out
}

func joinScopes(all []Scope, by string) string {
	words := make([]string, len(all))
	for i, s := range all {
		words[i] = string(s)
	}
	return strings.Join(words, by)
}
