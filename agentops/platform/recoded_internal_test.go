package platform

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/activation"
)

// TestWhatIsDroppedAsARuleIsNoChange: what chance makes of it is nobody, and a small part of it is not told.
func TestWhatIsDroppedAsARuleIsNoChange(t *testing.T) {
	t.Parallel()
	type leaves = map[activation.Leaf]int64
	for name, c := range map[string]struct {
		now, then leaves
		want      leaves
		counted   bool
	}{
		"as before":               {leaves{"a": 110}, leaves{"a": 100}, leaves{}, true},
		"a slice":                 {leaves{"a": 10, "b": 500}, leaves{"a": 12}, leaves{"a": 2, "b": -500}, true},
		"let in":                  {leaves{"a": 1}, leaves{"a": 400}, leaves{"a": 399}, true},
		"a part of what there is": {leaves{"a": 5000}, leaves{"a": 4000}, nil, false},
		"nobody at all":           {nil, nil, leaves{}, true},
	} {
		got, counted := moreDropped(c.now, c.then)
		require.Equal(t, c.counted, counted, name)
		require.Equal(t, c.want, got, name)
	}
}
