package resources

import (
	"context"
	"slices"
	"strings"

	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/wire"
)

// completing offers values from a snapshot.
func completing(
	current Current, offer func(ctx context.Context, p *platform.Platform, typed string, given variables) ([]string, error),
) wire.Completer {
	return func(ctx context.Context, typed string, given map[string]string) ([]string, error) {
		p, err := current(ctx)
		if err != nil {
			return nil, err
		}
		return offer(ctx, p, typed, given)
	}
}

// ids are the unique_ids of nodes whose name or id holds what was typed; names that begin with it come first.
func ids(_ context.Context, p *platform.Platform, typed string, _ variables) ([]string, error) {
	var out []string
	for _, n := range likely(p.Graph.Nodes(), typed) {
		out = append(out, n.ID)
	}
	return out, nil
}

// names are the names of nodes, as ids finds them; the unique_id where the name alone means another node, or several.
func names(_ context.Context, p *platform.Platform, typed string, _ variables) ([]string, error) {
	var out []string
	for _, n := range likely(p.Graph.Nodes(), typed) {
		if meant, err := p.Graph.Resolve(n.Name); err == nil && meant == n {
			out = append(out, n.Name)
		} else {
			out = append(out, n.ID)
		}
	}
	return out, nil
}

// likely are the nodes with data in them, which somebody may ask about, that match what was typed.
func likely(nodes []*lineage.Node, typed string) []*lineage.Node {
	typed = strings.ToLower(strings.TrimSpace(typed))
	begins := func(n *lineage.Node) bool { return strings.HasPrefix(strings.ToLower(n.Name), typed) }
	out := slices.DeleteFunc(nodes, func(n *lineage.Node) bool {
		test := n.Type == lineage.TypeTest || n.Type == lineage.TypeUnitTest
		return test || !begins(n) && !strings.Contains(strings.ToLower(n.ID), typed)
	})
	slices.SortStableFunc(out, func(a, b *lineage.Node) int {
		switch {
		case begins(a) == begins(b):
			return strings.Compare(a.Name, b.Name)
		case begins(a):
			return -1
		}
		return 1
	})
	return out
}

// facts are the names of facts.
func facts(_ context.Context, p *platform.Platform, typed string, _ variables) ([]string, error) {
	var out []string
	for _, f := range p.Facts {
		out = append(out, f.Name)
	}
	return begun(out, typed), nil
}

// grains are those of the fact, where it is known.
func grains(_ context.Context, p *platform.Platform, typed string, given variables) ([]string, error) {
	all := []period.Grain{period.Day, period.Week, period.Month}
	if f, err := p.Fact(given["fact"]); err == nil && f.Definition != nil {
		all = f.Definition.Grains
	}
	var out []string
	for _, g := range all {
		out = append(out, string(g))
	}
	return begun(out, typed), nil
}

// offered is how many of the last closed periods are offered.
const offered = 31

// periodsOfFact are the last closed periods of the fact and the grain, the last one first.
func periodsOfFact(_ context.Context, p *platform.Platform, typed string, given variables) ([]string, error) {
	f, err := p.Fact(given["fact"])
	if err != nil || f.Definition == nil {
		return nil, nil //nolint:nilerr // nothing can be offered yet
	}
	g, err := period.ParseGrain(given["grain"])
	if err != nil || !slices.Contains(f.Definition.Grains, g) {
		g = f.Definition.Grains[0]
	}
	return begun(before(f.Definition.Calendar.LastClosed(g, p.AsOf, f.Definition.Settle)), typed), nil
}

// periodsOfNode are the last closed partitions of the node, the last one first.
func periodsOfNode(_ context.Context, p *platform.Platform, typed string, given variables) ([]string, error) {
	n, err := p.Graph.Resolve(given["node"])
	if err != nil {
		return nil, nil //nolint:nilerr // nothing can be offered yet
	}
	spec := p.Specs.Of(n.ID)
	if !spec.Partitioned() {
		return nil, nil
	}
	return begun(before(spec.Calendar.LastClosed(spec.Grain, p.AsOf, spec.Settle)), typed), nil
}

func before(last period.Period) []string {
	var out []string
	for i := range offered {
		out = append(out, last.Add(-i).String())
	}
	return out
}

// runIDs are the last runs, the newest first.
func runIDs(ctx context.Context, p *platform.Platform, typed string, _ variables) ([]string, error) {
	const most = 1000 // all that a list may have
	answer, err := p.GetBackfill(ctx, platform.RunRequest{Limit: most})
	var out []string
	for _, r := range answer.Runs {
		out = append(out, r.RunID)
	}
	return begun(out, typed), err
}

// begun are the values that begin with what was typed.
func begun(values []string, typed string) []string {
	typed = strings.ToLower(strings.TrimSpace(typed))
	return slices.DeleteFunc(values, func(v string) bool { return !strings.HasPrefix(strings.ToLower(v), typed) })
}
