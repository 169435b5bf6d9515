package main

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	_ "github.com/duckdb/duckdb-go/v2" // the driver of what answers are compared with
)

// explained is what of an answer of explain_active_users can be counted.
type explained struct {
	Observed int64  `json:"observed"`
	Change   *int64 `json:"change"`
	Expected *int64 `json:"expected"`
	Bridge   []struct {
		Transition string `json:"transition"`
		Observed   int64  `json:"observed"`
		Expected   *int64 `json:"expected"`
		Delta      int64  `json:"delta"`
		InSum      bool   `json:"in_sum"`
	} `json:"bridge"`
	Segments []struct {
		Where    map[string]any `json:"where"`
		Of       string         `json:"of"`
		Observed int64          `json:"observed"`
	} `json:"segments"`
}

// users is how many users went through a transition with the values of dimensions that they ended with.
type users struct {
	transition string
	values     []any
	count      int64
}

// tally is who went through what, by plain SQL.
type tally struct {
	dims  []string
	users []users
}

// of counts the users of a transition, or the active ones, in a slice.
func (t tally) of(transition string, where map[string]any) (n int64) {
	for _, u := range t.users {
		in := u.transition == transition || transition == "active" && u.transition != "churned"
		for k, dim := range t.dims {
			if want, cut := where[dim]; cut {
				in = in && same(want, u.values[k])
			}
		}
		if in {
			n += u.count
		}
	}
	return n
}

// reconcile compares an answer with the rows of the fact itself, to the user: the bridge with the four transitions, its deltas
// with the change, the parts of the expectation with the whole, and each slice with those who are in it.
func (c oneCase) reconcile(ctx context.Context, text []byte) error {
	var a explained
	if err := json.Unmarshal(text, &a); err != nil {
		return fmt.Errorf("the answer of explain_active_users: %w", err)
	}
	counted, err := c.counted(ctx)
	if err != nil {
		return err
	}
	t := tally{c.fact.Dimensions, counted}
	wrong := []error{agree("observed", a.Observed, t.of("active", nil)), a.addsUp()}
	for _, b := range a.Bridge {
		wrong = append(wrong, agree(b.Transition, b.Observed, t.of(b.Transition, nil)))
	}
	for _, s := range a.Segments {
		wrong = append(wrong, agree(fmt.Sprintf("%s of %v", s.Of, s.Where), s.Observed, t.of(s.Of, s.Where)))
	}
	return errors.Join(wrong...)
}

// addsUp compares the sums of an answer with their parts.
func (a explained) addsUp() error {
	var deltas, expected int64
	for _, b := range a.Bridge {
		if b.InSum {
			deltas += b.Delta
		}
		if b.Expected != nil && b.Transition != "churned" {
			expected += *b.Expected
		}
	}
	var wrong []error
	if a.Change != nil {
		wrong = append(wrong, agree("the change", *a.Change, deltas))
	}
	if a.Expected != nil {
		wrong = append(wrong, agree("expected", *a.Expected, expected))
	}
	return errors.Join(wrong...)
}

func agree(what string, said, is int64) error {
	if said == is {
		return nil
	}
	return fmt.Errorf("%s is said to be %d, and is %d", what, said, is)
}

// same compares a value of an answer with one of the warehouse; nothing equals only nothing.
func same(said, is any) bool {
	if said == nil || is == nil {
		return said == nil && is == nil
	}
	return fmt.Sprint(said) == fmt.Sprint(is)
}

// counted counts users by plain SQL over all of the fact's rows.
func (c oneCase) counted(ctx context.Context) ([]users, error) {
	bounds, err := c.bounds()
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("duckdb", filepath.Join(c.dir, "warehouse.duckdb")+"?access_mode=read_only")
	if err != nil {
		return nil, fmt.Errorf("opening the warehouse of the case: %w", err)
	}
	defer db.Close() //nolint:errcheck // it was only read
	rows, err := db.QueryContext(ctx, c.statement(), bounds...)
	if err != nil {
		return nil, fmt.Errorf("counting users of the case: %w", err)
	}
	defer rows.Close() //nolint:errcheck // Err says it
	var out []users
	for rows.Next() {
		u := users{values: make([]any, len(c.fact.Dimensions))}
		into := []any{&u.transition, &u.count}
		for k := range u.values {
			into = append(into, &u.values[k])
		}
		if err := rows.Scan(into...); err != nil {
			return nil, fmt.Errorf("counting users of the case: %w", err)
		}
		out = append(out, u)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("counting users of the case: %w", err)
	}
	return out, nil
}

// statement counts users by transition and by the dimensions of the last row up to the end of the day; of rows of one instant
// the greatest counts. Its parameters are where the fact begins, and where the day before, the day, and the day after it start.
func (c oneCase) statement() string {
	quote := func(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
	var dims, order strings.Builder
	for _, d := range c.fact.Dimensions {
		dims.WriteString(", " + quote(d))
		order.WriteString(", " + quote(d) + " DESC NULLS LAST")
	}
	return strings.NewReplacer("{fact}", c.relation, "{user}", quote(c.fact.User), "{time}", quote(c.fact.Time),
		"{dims}", dims.String(), "{order}", order.String()).Replace(`
WITH bound AS (SELECT $1::TIMESTAMP AS b0, $2::TIMESTAMP AS b1, $3::TIMESTAMP AS b2, $4::TIMESTAMP AS b3),
seen AS (
    SELECT {user} AS who, {time} AS at_time, b1, b2{dims},
        row_number() OVER (PARTITION BY {user} ORDER BY {time} DESC{order}) AS nth
    FROM {fact}, bound WHERE {time} >= b0 AND {time} < b3 AND {user} IS NOT NULL),
lived AS (
    SELECT who, min(at_time) >= any_value(b2) AS arrived, bool_or(at_time >= b2) AS now,
        bool_or(at_time >= b1 AND at_time < b2) AS before
    FROM seen GROUP BY who),
last AS (SELECT who{dims} FROM seen WHERE nth = 1)
SELECT CASE WHEN arrived THEN 'new' WHEN now AND before THEN 'retained' WHEN now THEN 'reactivated' ELSE 'churned' END,
    count(*){dims}
FROM lived JOIN last USING (who) WHERE now OR before GROUP BY ALL`)
}

// bounds are the parameters of statement, in UTC.
func (c oneCase) bounds() ([]any, error) {
	zone, err := time.LoadLocation(c.fact.Zone)
	if err != nil {
		return nil, fmt.Errorf("the case's time zone: %w", err)
	}
	out := make([]any, 0, 4) //nolint:mnd // four bounds
	for _, date := range []string{cmp.Or(c.fact.Begin, "0001-01-01"), c.question.Period} {
		day, err := time.ParseInLocation(time.DateOnly, date, zone)
		if err != nil {
			return nil, fmt.Errorf("a date of the case: %w", err)
		}
		if len(out) == 0 {
			out = append(out, instant(day))
			continue
		}
		for n := -1; n <= 1; n++ {
			out = append(out, instant(day.AddDate(0, 0, n)))
		}
	}
	return out, nil
}

// instant writes a time as the warehouse reads it, in UTC, whatever the zone of the session.
func instant(t time.Time) string { return t.UTC().Format(time.DateTime) }
