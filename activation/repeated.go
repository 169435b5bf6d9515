package activation

import (
	"context"
	"time"

	"github.com/headwater-mcp/headwater/activation/statements"
	"github.com/headwater-mcp/headwater/warehouse"
)

// Again tells the rows of a part that an upstream relation was given a second time.
type Again struct {
	// Key are columns by which they are the same as rows from Start to End outside of the part. Without a key, and with a Start,
	// they are rows of the same user and time from Start to End, moved by Shift.
	Key        []string
	Start, End time.Time
	Shift      time.Duration
	// Waves: without a Start, they came when as many waves of loads were over. Two waves are more than ten minutes apart.
	Waves int64
}

// Repeated counts by leaf the users of a period's outputs whom an upstream relation shows in it by rows of a part only that came
// again: those whom the period would lack without these. counted is false where it is of Footprint, where the relation has no
// column of the key, for waves without a column that says when rows were loaded, and for moves where a time is a date or the
// shift is not one of minutes.
func (e *Engine) Repeated(
	ctx context.Context, d *Definition, of Upstream, part Part, again Again,
) (users map[Leaf]int64, counted bool, err error) {
	if again.Start.IsZero() && of.Loaded == "" {
		return nil, false, nil
	}
	if !again.Start.IsZero() {
		of.Loaded = ""
	}
	return e.footprint(ctx, d, of, "repeated", part, again.bind, func(v statements.Values) []any {
		start, end := part.bounds(v)
		var args []any
		switch {
		case len(again.Key) > 0:
			from, until := Part{part.Period, again.Start, again.End}.bounds(v)
			args = []any{from, until, start, end}
		case !again.Start.IsZero():
			args = []any{again.Start.UTC(), again.End.UTC()}
		default:
			args = []any{start, end, again.Waves}
		}
		args = append(args, start, end)
		return append(append(args, bounds(v, part.Period, part.Period)...), part.Period.UTCDate())
	})
}

// bind completes the values with what tells the rows apart; false where nothing does.
func (a Again) bind(v *statements.Values, table warehouse.Table) bool {
	for _, name := range a.Key {
		column, known := table.Column(name)
		if !known {
			return false
		}
		v.Key = append(v.Key, warehouse.Ident(column.Name))
	}
	if len(a.Key) > 0 || a.Start.IsZero() {
		return true
	}
	v.Shifted, v.ShiftMinutes = true, int(a.Shift/time.Minute)
	return v.TimeKind != warehouse.Date && a.Shift%time.Minute == 0
}
