package lineage

import (
	"time"

	"github.com/headwater-mcp/headwater/fault"
)

// matchResult selects nodes by their status in an earlier run: success, error, fail, warn, skipped and so on.
func matchResult(e *evaluation, c *criterion) (matcher, error) {
	if e.before == nil || e.before.Results == nil {
		return nil, fault.New(fault.Invalid,
			"%q compares with an earlier run_results.json, and there is none. Run dbt once, or select without result:.", c.raw)
	}
	return func(n *Node, _ int32) bool {
		status, ran := e.before.Results[n.ID]
		return ran && status == c.value
	}, nil
}

// matchSourceStatus selects sources with newer rows than at an earlier freshness check; "fresher" is its only value.
func matchSourceStatus(e *evaluation, c *criterion) (matcher, error) {
	if e.before == nil || e.before.Sources == nil || e.before.CurrentSources == nil {
		return nil, fault.New(fault.Invalid,
			"%q compares two sources.json, an earlier and the present one, and they are not both there. Run `dbt source freshness` before and after.",
			c.raw)
	}
	return func(n *Node, _ int32) bool {
		now, checked := e.before.CurrentSources[n.ID]
		then, known := e.before.Sources[n.ID]
		return c.value == "fresher" && checked && (!known || later(now, then))
	}, nil
}

// later compares two instants as dbt writes them; where one cannot be read they are compared as text.
func later(a, b string) bool {
	x, errX := time.Parse(time.RFC3339, a)
	y, errY := time.Parse(time.RFC3339, b)
	if errX != nil || errY != nil {
		return a > b
	}
	return x.After(y)
}
