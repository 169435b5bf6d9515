package activation

import (
	"context"

	"github.com/headwater-mcp/headwater/period"
)

// Shape is an answer that takes a table of its own. Its first column is a period, then the dimensions of By, then the rest.
type Shape string

// The shapes; what their columns mean stands at the function that fills them.
const (
	// ShapeTransitionMatrix is, for each period, how many users went from which state to which.
	ShapeTransitionMatrix Shape = "transition_matrix"
	// ShapeCohortRetention is, for the users who were new in a period, how many are active so many periods later.
	ShapeCohortRetention Shape = "cohort_retention"
	// ShapeL7 is how many users were active on so many of the 7 days that end at the last asked.
	ShapeL7 Shape = "l7"
	// ShapeL28 is L7 over 28 days.
	ShapeL28 Shape = "l28"
	// ShapeStreaks is how many active users have been active for so many consecutive periods.
	ShapeStreaks Shape = "streaks"
	// ShapeGaps is how many active users were last active so many periods ago.
	ShapeGaps Shape = "gaps"
	// ShapeGrowthStates is Duolingo's growth model, by day.
	ShapeGrowthStates Shape = "growth_states"
)

// Shapes lists every shape, in the order of surface.
func Shapes() []Shape {
	return []Shape{
		ShapeTransitionMatrix, ShapeCohortRetention, ShapeL7, ShapeL28, ShapeStreaks, ShapeGaps, ShapeGrowthStates,
	}
}

// needs is the only grain that a shape is asked by; empty is any.
func (s Shape) needs() period.Grain {
	switch s {
	case ShapeL7, ShapeL28, ShapeGrowthStates:
		return period.Day
	case ShapeTransitionMatrix, ShapeCohortRetention, ShapeStreaks, ShapeGaps:
	}
	return ""
}

// columns are those before and after the dimensions.
func (s Shape) columns() (lead string, rest []string) {
	switch s {
	case ShapeTransitionMatrix:
		return "period", []string{"from_state", "to_state", "users", "rate"}
	case ShapeCohortRetention:
		return "cohort", []string{"offset", "users", "rate"}
	case ShapeL7, ShapeL28:
		return "period", []string{"active_days", "users", "share"}
	case ShapeStreaks:
		return "period", []string{"streak", "users", "share"}
	case ShapeGaps:
		return "period", []string{"gap", "users", "share"}
	case ShapeGrowthStates:
		return "period", growthColumns()
	}
	return "period", nil
}

// days is how many days end at the last one asked; 0 for what has no such window.
func (s Shape) days() int {
	switch s { //nolint:exhaustive // the others have none
	case ShapeL7:
		return 7
	case ShapeL28:
		return 28
	}
	return 0
}

// shape fills a table.
func (i *inquiry) shape(ctx context.Context, s Shape) ([][]any, error) {
	switch s {
	case ShapeTransitionMatrix:
		return i.matrix(ctx)
	case ShapeCohortRetention:
		return i.cohorts(ctx)
	case ShapeL7, ShapeL28:
		return i.activeDays(ctx, s, s.days())
	case ShapeStreaks, ShapeGaps:
		return i.histogram(ctx, s)
	case ShapeGrowthStates:
		return i.growth(ctx)
	}
	return nil, nil
}
