// Command bench measures headwater on generated projects beside what people have without it: reading the manifest with
// Python's json.load and, where dbt is installed, `dbt ls`. It prints a table and leaves judging to the reader; with
// -check it fails where an aim is missed.
//
// Everything is generated when it runs, in a folder that is removed. First answers are measured on the built binary from
// process start to exit, queries in process through the same tools that an agent calls.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1) //nolint:gocritic // the signals of a process that ends need no restoring
	}
}

// options are the flags.
type options struct {
	binary string
	models []int
	huge   int
	rounds int
	check  bool
	dbt    string
	// profile is a file for the CPU profile of the queries.
	profile string
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&o.binary, "binary", "bin/headwater", "the built program")
	models := flags.String("models", "2500,10000", "sizes of the projects to measure")
	flags.IntVar(&o.huge, "huge", 0, "also answer once from a project of so many models (37000 are 300 MB)")
	flags.IntVar(&o.rounds, "rounds", 3, "how often a first answer is measured; the fastest counts")
	flags.BoolVar(&o.check, "check", false, "fail where an aim is missed")
	flags.StringVar(&o.dbt, "dbt", os.Getenv("DBT"), "dbt's command, to measure dbt ls; none by default")
	flags.StringVar(&o.profile, "profile", "", "write a CPU profile of the queries to this file")
	if err := flags.Parse(args); err != nil {
		return o, err //nolint:wrapcheck // says what is wrong itself
	}
	for word := range strings.SplitSeq(*models, ",") {
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 {
			return o, fmt.Errorf("-models %q: a list of numbers of models, like 2500,10000", *models)
		}
		o.models = append(o.models, n)
	}
	return o, nil
}

// errMissed says that -check found an aim that is not met.
var errMissed = errors.New("an aim is missed")

func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	missed := false
	for _, models := range o.models {
		r, err := measure(ctx, o, models)
		if err != nil {
			return err
		}
		if missed = r.print(out) || missed; ctx.Err() != nil {
			return ctx.Err() //nolint:wrapcheck // interrupted
		}
	}
	if o.huge > 0 {
		if err := huge(ctx, o, out); err != nil {
			return err
		}
	}
	if missed && o.check {
		return errMissed
	}
	return nil
}
