package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// measured is the day of data.sql; its fact holds no other.
const measured = "2026-06-10"

// day is the date so many days after the measured one.
func day(after int) date {
	at, err := time.Parse(time.DateOnly, measured)
	if err != nil {
		panic("a constant that is no date: " + err.Error())
	}
	return date(at.AddDate(0, 0, after).Format(time.DateOnly))
}

// midnight is the start of a date: the clock of a build that has just seen the day before end.
func midnight(d date) time.Time {
	at, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		panic("a date of day that is none: " + err.Error())
	}
	return at
}

// literal writes a date as SQL.
func (d date) literal() string { return "date '" + string(d) + "'" }

func number(n int64) string { return strconv.FormatInt(n, 10) + "::bigint" }

// bench is a folder of prepared states and what is measured on copies of them.
type bench struct {
	options

	given given
	out   io.Writer
	temp  string
}

func newBench(o options, out io.Writer) (*bench, error) {
	g, err := read(o.sql, o.scale)
	if err != nil {
		return nil, err
	}
	b := &bench{options: o, given: g, out: out}
	if b.temp, err = os.MkdirTemp(o.dir, "headwater-bench-"); err != nil {
		return nil, fmt.Errorf("making a folder: %w", err)
	}
	if b.dir == "" {
		b.dir = b.temp
	}
	return b, nil
}

func (b *bench) close() { _ = os.RemoveAll(b.temp) } // a leftover in a temporary folder is no reason to fail

// task fills in what all tasks have.
func (b *bench) task(t task) task {
	t.Memory, t.Threads, t.Spill, t.Trace = b.memory, b.threads, b.temp, b.verbose
	return t
}

// prepared is the file of a state, made by the steps where it is not there yet.
func (b *bench) prepared(ctx context.Context, name, from string, steps ...task) (string, error) {
	path := filepath.Join(b.dir, fmt.Sprintf("%s-%g.duckdb", name, b.scale))
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	making := filepath.Join(b.temp, "making.duckdb")
	if from != "" {
		if err := duplicate(from, making); err != nil {
			return "", err
		}
	}
	began := time.Now()
	for _, t := range steps {
		t = b.task(t)
		t.DB = making
		if _, err := start(ctx, t); err != nil {
			return "", fmt.Errorf("preparing %s: %w", name, err)
		}
	}
	if err := os.Rename(making, path); err != nil {
		return "", fmt.Errorf("keeping %s: %w", name, err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("keeping %s: %w", name, err)
	}
	fmt.Fprintf(b.out, "prepared %s: %d MB in %s\n", name, info.Size()>>20, time.Since(began).Round(time.Second))
	return path, nil
}

// history is the state before the measured day, with so many days in the engine's tables.
func (b *bench) history(ctx context.Context, days int) (string, error) {
	return b.prepared(ctx, fmt.Sprintf("history-%d-of-%d", days, b.filler), "",
		append([]task{{Do: "sql", SQL: b.given.data}}, b.load(days)...)...)
}

// withOlder is the same, and the fact holds rows of the days before as well.
func (b *bench) withOlder(ctx context.Context, days int) (string, error) {
	return b.prepared(ctx, fmt.Sprintf("older-%d-of-%d-rows-%d", days, b.filler, b.older), "", append([]task{
		{Do: "sql", SQL: b.given.data},
		{Do: "sql", SQL: "alter table fact rename to measured_day"},
		{Do: "sql", SQL: initialSQL, Variables: b.rows(days, b.older, 1+b.older/olderEach)},
		{Do: "sql", SQL: olderSQL},
	}, b.load(days)...)...)
}

// load has the engine make its tables and note what the fact holds of the days before, and then puts in the known users.
func (b *bench) load(days int) []task {
	first, until := day(-days), day(-1)
	return []task{
		{Do: "build", Begin: first, Until: until, AsOf: midnight(day(0))},
		{Do: "sql", SQL: loadSQL, Variables: map[string]string{
			"first": first.literal(), "until": until.literal(), "filler": number(b.filler),
		}},
	}
}

// restating is the state in which the measured day and later ones are built, and the fact has changed since.
func (b *bench) restating(ctx context.Context, days int) (string, error) {
	from, err := b.history(ctx, days)
	if err != nil {
		return "", err
	}
	variables := func(after int) map[string]string {
		return map[string]string{"day": day(0).literal(), "after": strconv.Itoa(after), "users": number(scaled(keys, b.scale))}
	}
	steps := []task{b.dayStep(days, 0)}
	for n := 1; n <= b.later; n++ {
		steps = append(steps, task{Do: "sql", SQL: laterSQL, Variables: variables(n)}, b.dayStep(days, n))
	}
	steps = append(steps, task{Do: "sql", SQL: changeSQL, Variables: variables(0)})
	return b.prepared(ctx, fmt.Sprintf("restating-%d-of-%d-later-%d", days, b.filler, b.later), from, steps...)
}

// dayStep builds the day so many days after the measured one as soon as it is over.
func (b *bench) dayStep(history, after int) task {
	return task{Do: "build", Begin: day(-history), Until: day(after), AsOf: midnight(day(after + 1))}
}

// many is a fact of many days, for the initial build.
func (b *bench) many(ctx context.Context) (string, error) {
	return b.prepared(ctx, fmt.Sprintf("initial-%d-of-%d", b.days, b.daily), "",
		task{Do: "sql", SQL: initialSQL, Variables: b.rows(b.days, b.daily, usersOf(b.daily))})
}

// olderEach is how many rows a day each user has in what is only looked through: few users make the state sooner.
const olderEach = 50

// rows are the variables of initial.sql: days that end before the measured one.
func (b *bench) rows(days int, daily, users int64) map[string]string {
	return map[string]string{
		"begin": "timestamp '" + string(day(-days)) + "'", "days": strconv.Itoa(days),
		"daily": number(daily), "users": number(users),
	}
}

// usersOf is how many users a fact of so many rows a day has.
func usersOf(daily int64) int64 { return 5 * daily }

func (b *bench) initialBuild() task {
	return task{Do: "build", Begin: day(-b.days), Until: day(-1), AsOf: midnight(day(0))}
}

// duplicate copies a file and waits until it is on the disk, so that writing it does not disturb what is measured next.
func duplicate(from, to string) (err error) {
	source, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("copying: %w", err)
	}
	defer source.Close() //nolint:errcheck // it was only read
	target, err := os.Create(to)
	if err != nil {
		return fmt.Errorf("copying: %w", err)
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Sync(), target.Close())
}
