package activation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
)

// read is what the source held of a period when it was read.
type read struct {
	date        time.Time
	rows        int64
	fingerprint string
}

// recheckRows bounds how many rows a build looks through for changes of closed periods, newest first. A row costs a fiftieth
// of what it costs to be built: this many are about a second of processor time.
const recheckRows = 50_000_000

// changedPeriods are the closed built periods up to end whose source is not what it was when they were built; those in known
// are not looked at again.
func (s *step) changedPeriods(
	ctx context.Context, built []Built, known map[int]bool, end period.Period,
) ([]period.Period, error) {
	if s.request.Days != nil {
		return s.changedDays(ctx, built, known, end)
	}
	stored, err := s.storedReads(ctx)
	if err != nil {
		return nil, err
	}
	first, last := len(built), -1
	rows := int64(0)
	for i, b := range slices.Backward(built) {
		if known[b.Period.Index] || b.Period.Index > end.Index {
			continue
		}
		if rows += stored[b.Period.String()].rows; rows > recheckRows {
			s.notef("Periods before %s were not checked for changes; --from %s reads them again.", built[i+1].Period, built[0].Period)
			s.result.CheckedFrom = &built[i+1].Period
			break
		}
		first, last = i, max(last, i)
	}
	if last < 0 {
		return nil, nil
	}
	now, err := s.reads(ctx, built[first].Period, built[last].Period)
	if err != nil {
		return nil, err
	}
	var changed []period.Period
	for _, b := range built[first : last+1] {
		key := b.Period.String()
		was, ok := stored[key]
		if !known[b.Period.Index] && (!ok || was.rows != now[key].rows || was.fingerprint != now[key].fingerprint) {
			changed = append(changed, b.Period)
		}
	}
	return changed, nil
}

// changedDays are the periods whose days are not those that they were built from, or that were built from the fact's rows.
func (s *step) changedDays(ctx context.Context, built []Built, known map[int]bool, end period.Period) ([]period.Period, error) {
	now, err := s.dayReads(ctx)
	if err != nil {
		return nil, err
	}
	stored, err := s.storedReads(ctx)
	if err != nil {
		return nil, err
	}
	var changed []period.Period
	for _, b := range built {
		key := b.Period.String()
		if !known[b.Period.Index] && b.Period.Index <= end.Index && stored[key].fingerprint != now[key].fingerprint {
			changed = append(changed, b.Period)
		}
	}
	return changed, nil
}

// dayReads says of each period by which runs its days were written, by date. It stands for the rows of the days: a run writes all
// that has changed.
func (s *step) dayReads(ctx context.Context) (map[string]read, error) {
	days, err := s.engine.periods(ctx, s, s.request.Days, period.Day)
	if err != nil {
		return nil, err
	}
	written := map[string][]string{}
	for _, day := range days {
		key := onDate(s.definition.Calendar, s.request.Grain, day.Period.UTCDate()).String()
		written[key] = append(written[key], fmt.Sprintf("%s %q %s", day.Period, day.Run, day.BuiltAt.UTC().Format(time.RFC3339Nano)))
	}
	if err := s.addEarlier(ctx, days, written); err != nil {
		return nil, err
	}
	out := make(map[string]read, len(written))
	for key, list := range written {
		sum := sha256.Sum256([]byte(strings.Join(list, "\n")))
		out[key] = read{rows: int64(len(list)), fingerprint: "days " + hex.EncodeToString(sum[:8])}
	}
	return out, nil
}

// addEarlier adds what is no day's, and counts in the period that holds the first one all the same: how many rows without a user
// lie before it. Without begin the first day is that of the first row of a user.
func (s *step) addEarlier(ctx context.Context, days []Built, written map[string][]string) error {
	if len(days) == 0 || !s.definition.Begin.IsZero() {
		return nil
	}
	holds, first, ok := s.beforeDays(days)
	if !ok {
		return nil
	}
	query, err := s.engine.sql.Render("nobody_earlier", s.fact)
	if err != nil {
		return err
	}
	found, err := warehouse.Collect(ctx, s, func(rows warehouse.Rows) (int64, error) {
		var n int64
		err := rows.Scan(&n)
		return n, err
	}, query, bounds(s.fact, first, days[0].Period.Prev())...)
	if err != nil {
		return err
	}
	if found[0] > 0 {
		written[holds.String()] = append(written[holds.String()], fmt.Sprintf("%d without a user before", found[0]))
	}
	return nil
}

// reads asks the source about a range, by date.
func (s *step) reads(ctx context.Context, first, last period.Period) (map[string]read, error) {
	text, err := s.engine.sql.Render("reads", s.values)
	if err != nil {
		return nil, err
	}
	return s.collectReads(ctx, text, bounds(s.values, first, last)...)
}

// storedReads are what the source held when the outputs were written, by date.
func (s *step) storedReads(ctx context.Context) (map[string]read, error) {
	if s.version < withReads {
		return nil, nil //nolint:nilnil // none are known, which is another answer than none were there
	}
	text, err := s.engine.sql.Render("stored_reads", s.values)
	if err != nil {
		return nil, err
	}
	return s.collectReads(ctx, text)
}

func (s *step) collectReads(ctx context.Context, query string, args ...any) (map[string]read, error) {
	all, err := warehouse.Collect(ctx, s, func(rows warehouse.Rows) (read, error) {
		var r read
		err := rows.Scan(&r.date, &r.rows, &r.fingerprint)
		return r, err
	}, query, args...)
	out := make(map[string]read, len(all))
	for _, r := range all {
		out[r.date.Format(time.DateOnly)] = r
	}
	return out, err
}

// readNow is what the source holds of a range that is going to be written.
func (s *step) readNow(ctx context.Context, first, last period.Period) (map[string]read, error) {
	if s.request.Days != nil {
		return s.dayReads(ctx)
	}
	return s.reads(ctx, first, last)
}

// remember stores that with what was written.
func (s *step) remember(ctx context.Context, first, last period.Period, now map[string]read) error {
	if err := s.exec(ctx, "delete_reads", first.UTCDate(), last.UTCDate()); err != nil {
		return err
	}
	return s.insertRows(ctx, s.Exec, "insert_reads", first, last, func(p period.Period) []any {
		r := now[p.String()]
		return []any{p.UTCDate(), r.rows, r.fingerprint}
	})
}
