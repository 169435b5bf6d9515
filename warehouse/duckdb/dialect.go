package duckdb

import (
	"fmt"
	"strings"
	"text/template"
	"time"

	"github.com/headwater-mcp/headwater/warehouse"
)

// Dialect returns DuckDB's spelling of what templates need.
func Dialect() warehouse.Dialect {
	return warehouse.Dialect{Name: "duckdb", Hash: "duckdb " + engineVersion(), Funcs: template.FuncMap{
		"ident":         quote,
		"relation":      relation,
		"local_date":    localDate,
		"earlier":       earlier,
		"within":        within,
		"seconds_since": secondsSince,
		"clock":         clock,
		"quotient":      quotient,
		"trunc":         trunc,
		"minutes_after": func(expr string, n int) string { return fmt.Sprintf("(%s + interval (%d) minute)", expr, n) },
		"days":          func(a, b string) string { return fmt.Sprintf("date_diff('day', %s, %s)", a, b) },
		"json_leaf":     jsonLeaf,
		"fingerprint":   fingerprint,
		"row_hash":      rowHash,
		"latest":        latest,
	}}
}

// quote doubles the quotes inside and surrounds the identifier with them; DuckDB has no other escape.
func quote(name warehouse.Ident) string {
	return `"` + strings.ReplaceAll(string(name), `"`, `""`) + `"`
}

func relation(r warehouse.Relation) string {
	parts := make([]string, 0, 3)
	for _, part := range []warehouse.Ident{r.Database, r.Schema, r.Name} {
		if part != "" {
			parts = append(parts, quote(part))
		}
	}
	return strings.Join(parts, ".")
}

// literal quotes a zone name, which the calendar has checked to be an IANA name.
func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

const utc = "UTC"

func localDate(column warehouse.Ident, kind warehouse.TimeKind, columnZone, zone string) string {
	if kind == warehouse.Date {
		return quote(column)
	}
	return fmt.Sprintf("cast(%s as date)", localTime(column, kind, columnZone, zone))
}

// localTime is what the clock of a zone shows, as a timestamp.
func localTime(column warehouse.Ident, kind warehouse.TimeKind, columnZone, zone string) string {
	c := quote(column)
	switch {
	case kind == warehouse.TimestampTZ:
		return fmt.Sprintf("timezone(%s, %s)", literal(zone), c)
	case columnZone == zone:
		return c
	}
	instant := fmt.Sprintf("timezone(%s, %s)", literal(columnZone), c)
	return fmt.Sprintf("timezone(%s, %s)", literal(zone), instant)
}

func clock(grain string, column warehouse.Ident, kind warehouse.TimeKind, columnZone, zone string) string {
	length := 24 * time.Hour
	if grain == "hour" {
		length = time.Hour
	}
	at := localTime(column, kind, columnZone, zone)
	return fmt.Sprintf("(case when isfinite(%s) then epoch_us(%s) %% %d end)", quote(column), at, length/time.Microsecond)
}

// within is the condition that the column lies in [?, ?): two bound dates for a Date, two bound UTC instants otherwise.
func within(column warehouse.Ident, kind warehouse.TimeKind, columnZone string) string {
	c, bound := comparands(column, kind, columnZone)
	return fmt.Sprintf("%s >= %s and %s < %s", c, bound, c, bound)
}

// earlier is the condition that the column lies before a bound of the same kind.
func earlier(column warehouse.Ident, kind warehouse.TimeKind, columnZone string) string {
	c, bound := comparands(column, kind, columnZone)
	return c + " < " + bound
}

// comparands gives the column and a bound instant or date in a form in which they compare.
func comparands(column warehouse.Ident, kind warehouse.TimeKind, columnZone string) (value, bound string) {
	c := quote(column)
	switch {
	case kind == warehouse.Date:
		return c, "cast(? as date)"
	case kind == warehouse.TimestampTZ:
		return c, "timezone('UTC', cast(? as timestamp))"
	case columnZone != utc:
		return fmt.Sprintf("timezone(%s, %s)", literal(columnZone), c), "timezone('UTC', cast(? as timestamp))"
	}
	return c, "cast(? as timestamp)"
}

// secondsSince subtracts before it divides: DuckDB rounds a quotient towards zero.
func secondsSince(column warehouse.Ident, kind warehouse.TimeKind, columnZone string, since int64) string {
	c, _ := comparands(column, kind, columnZone)
	if kind == warehouse.TimestampNS && columnZone == utc {
		return quotient(fmt.Sprintf("(epoch_ns(%s) - %d000000000)", c, since), int(time.Second))
	}
	if kind == warehouse.TimestampNS {
		c = "cast(" + c + " as timestamptz)" // DuckDB 2 keeps the nanoseconds, and counts no instant by them
	}
	return quotient(fmt.Sprintf("(epoch_us(%s) - %d000000)", c, since), int(time.Second/time.Microsecond))
}

func quotient(expr string, n int) string { return fmt.Sprintf("(%s // %d)", expr, n) }

func trunc(grain string, weekStart time.Weekday, date string) string {
	if grain == "day" {
		return date // to truncate it takes longer than to count
	}
	if grain != "week" || weekStart == time.Monday {
		return fmt.Sprintf("cast(date_trunc('%s', %s) as date)", grain, date)
	}
	// date_trunc knows Mondays only: go back by the days since the week's start.
	return fmt.Sprintf("(%s - cast((dayofweek(%s) - %d + 7) %% 7 as integer))", date, date, int(weekStart))
}

// jsonLeaf takes names and SQL values in turn. json_object writes numbers and booleans as such and everything else as text.
func jsonLeaf(names []warehouse.Ident, prefix string) string {
	if len(names) == 0 {
		return "cast('{}' as json)"
	}
	parts := make([]string, 0, 2*len(names))
	for i, name := range names {
		parts = append(parts, literal(string(name)), fmt.Sprintf("%s%d", prefix, i))
	}
	return "json_object(" + strings.Join(parts, ", ") + ")"
}

// fingerprint sums up a hash of each row: a sum of 128 bits does not care about the order and, unlike xor, sees a row that came
// twice.
func fingerprint(columns []warehouse.Ident) string {
	return "cast(sum(" + rowHash(columns) + ") as varchar)"
}

func rowHash(columns []warehouse.Ident) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = quote(c)
	}
	return "hash(" + strings.Join(names, ", ") + ")"
}

// latest compares one number a row, since comparing structs costs DuckDB three times as much: the time, and behind it the
// expression, which is not negative and has 32 bits.
func latest(at string, kind warehouse.TimeKind, expr string) string {
	epoch := "epoch_us"
	if kind == warehouse.TimestampNS {
		epoch = "epoch_ns"
	}
	return fmt.Sprintf("arg_max(%s, cast(%s(%s) as hugeint) * 4294967296 + %s)", expr, epoch, at, expr)
}
