package lineage

import (
	"strconv"
	"strings"

	"github.com/headwater-mcp/headwater/fault"
)

// matchVersion selects models by where their version stands: latest, prerelease, old, or none at all.
func matchVersion(_ *evaluation, c *criterion) (matcher, error) {
	var stands func(n *Node) bool
	switch c.value {
	case "latest":
		stands = func(n *Node) bool { return n.Versioned() && n.Version == n.Latest }
	case "prerelease":
		stands = func(n *Node) bool { return n.Versioned() && n.Latest != "" && olderVersion(n.Latest, n.Version) }
	case "old":
		stands = func(n *Node) bool { return n.Versioned() && n.Latest != "" && olderVersion(n.Version, n.Latest) }
	case "none":
		stands = func(n *Node) bool { return !n.Versioned() }
	default:
		names := []string{"latest", "prerelease", "old", "none"}
		return nil, fault.New(fault.Invalid, "%q is no kind of version.%s Valid are: %s.",
			c.raw, fault.DidYouMean(c.value, names), strings.Join(names, ", "))
	}
	return func(n *Node, _ int32) bool { return stands(n) }, nil
}

// olderVersion compares as numbers where both are, else as text.
func olderVersion(a, b string) bool {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX != nil || errY != nil {
		return a < b
	}
	return x < y
}
