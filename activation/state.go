package activation

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/headwater-mcp/headwater/period"
)

// State is what a user is to a fact in one period.
type State string

const (
	// None: the user was never active yet. Only a from-state; left by becoming new.
	None State = "none"
	// New: the period is the user's first active period of this fact. Entered from none, left for retained or inactive.
	New State = "new"
	// Retained: active in this period and the one before.
	Retained State = "retained"
	// Reactivated: active in this period, not in the one before, first active earlier. Entered from inactive.
	Reactivated State = "reactivated"
	// Inactive: active in an earlier period and not in this one. Left by becoming reactivated.
	Inactive State = "inactive"
)

// Active reports whether a user of that state is active.
func (s State) Active() bool { return s == New || s == Retained || s == Reactivated }

// Leaf is the tuple of a user's dimension values as the outputs hold it: a JSON object with the fact's dimensions as keys, in
// declared order; "{}" without dimensions. Equal tuples are equal strings.
type Leaf string

// Values decodes the leaf: dimension → string, json.Number, bool or nil. It fails only on text that no output holds.
func (l Leaf) Values() (map[string]any, error) {
	values := map[string]any{}
	d := json.NewDecoder(strings.NewReader(string(l)))
	d.UseNumber() // a key of 17 digits keeps them all
	if err := d.Decode(&values); err != nil {
		return nil, fmt.Errorf("read leaf %q: %w", string(l), err)
	}
	return values, nil
}

// Transition is one row of <fact>_transitions_<grain>: how many users went from one state to another in a period, by the
// leaf they come from and the leaf they are in.
type Transition struct {
	Period   period.Period
	From, To State
	// FromLeaf is the leaf of the last active period before Period; empty for new users, who have none.
	FromLeaf Leaf
	// Leaf is the leaf in Period; of users who are inactive, the leaf of their last active period.
	Leaf  Leaf
	Users int64
}
