// Command activation measures the activation engine beside plain SQL on the same rows: a day step beside one statement that
// reads the day, an initial build beside one window query. It prints a table and leaves judging to the reader; with -check it
// fails where an aim is missed.
//
// The data and what is measured against are SQL files in a folder that it is told. Everything is made in a folder that is
// removed, unless -dir keeps it; each measurement is a process of its own, from before it opens the DuckDB file until it has
// closed it, on a copy of the same state. It leaves what the engine computes to the tests of activation.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if len(os.Args) == 2 && os.Args[1] == childFlag {
		err = perform(ctx, os.Stdin, os.Stdout)
	} else {
		err = run(ctx, os.Args[1:], os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1) //nolint:gocritic // the signals of a process that ends need no restoring
	}
}

// options are the flags.
type options struct {
	sql     string
	dir     string
	scale   float64
	only    []string
	rounds  int
	threads int
	memory  string
	small   string
	// filler is how many users each day of history before the last nine has, older how many rows the fact has a day before the
	// measured one where that is measured, daily how many rows a day the initial build reads.
	filler, older, daily int64
	days, later          int
	verbose              bool
	check                bool
}

// parts are what -only chooses from.
func parts() []string { return []string{"step", "older", "restate", "initial", "memory"} }

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("activation", flag.ContinueOnError)
	flags.StringVar(&o.sql, "sql", filepath.Join("..", "shared", "tools", "activation_bench"), "the folder of data.sql, floor.sql and window.sql")
	flags.StringVar(&o.dir, "dir", "", "keep prepared states in this folder and use those that are in it (remove them when tables change)")
	flags.Float64Var(&o.scale, "scale", 1, "share of all rows and users that is measured with")
	only := flags.String("only", strings.Join(parts(), ","), "what to measure")
	flags.IntVar(&o.rounds, "rounds", 3, "how often each is measured, in turns; the least counts")
	flags.IntVar(&o.threads, "threads", 2, "threads of DuckDB, on every side")
	flags.StringVar(&o.memory, "memory", "4GB", "memory limit of DuckDB, on every side")
	flags.StringVar(&o.small, "small", "1GiB", "the memory limit with which the outputs have to be the same")
	flags.Int64Var(&o.filler, "history-users", 100_000, "active users on each day of history before the last nine")
	flags.Int64Var(&o.older, "older-rows", 1_600_000, "rows of the fact on each of 30 days before, where looking through them is measured")
	flags.Int64Var(&o.daily, "daily", 200_000, "rows a day of the initial build")
	flags.IntVar(&o.days, "days", 90, "days of the initial build")
	flags.IntVar(&o.later, "later", 1, "days built after the one that is restated; from 3 on, FirstLast's base is newer than it")
	flags.BoolVar(&o.verbose, "v", false, "say what each statement of the engine takes")
	flags.BoolVar(&o.check, "check", false, "fail where an aim is missed")
	if err := flags.Parse(args); err != nil {
		return o, err //nolint:wrapcheck // says what is wrong itself
	}
	o.only = strings.Split(*only, ",")
	for _, name := range o.only {
		if !slices.Contains(parts(), name) {
			return o, fmt.Errorf("-only %q: a list of %s", name, strings.Join(parts(), ", "))
		}
	}
	if o.scale <= 0 || o.rounds < 1 || o.later < 1 || o.days < 2 {
		return o, errors.New("-scale, -rounds and -later begin above 0, -days at 2")
	}
	o.filler, o.older, o.daily = scaled(o.filler, o.scale), scaled(o.older, o.scale), scaled(o.daily, o.scale)
	return o, nil
}

// errMissed says that -check found an aim that is not met.
var errMissed = errors.New("an aim is missed")

func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	b, err := newBench(o, out)
	if err != nil {
		return err
	}
	defer b.close()
	missed, err := b.run(ctx)
	if err != nil {
		return err
	}
	if missed && o.check {
		return errMissed
	}
	return nil
}
