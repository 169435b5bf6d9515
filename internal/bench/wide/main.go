// Command wide measures questions about most of a large graph at once: plans over all of a project and over everything downstream
// of one source, partition checks of everything upstream of a leaf. It prints a table; what the warehouse takes of each is
// measured apart, by looking at the same relations without any judging.
//
// The project is generated when it runs, in a folder that is removed: so many models in layers of 250, and either all tables and
// incremental models with daily partitions, or only the sources and the last layer, so that everything between is needed as a
// whole. One day of one source is missing in it and in all that reads it, and one source has other rows than it had when its
// readers were built.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "wide:", err)
		os.Exit(1) //nolint:gocritic // the signals of a process that ends need no restoring
	}
}

// options are the flags.
type options struct {
	models  int
	world   string
	only    string
	profile string
	keep    string
	show    bool
}

func run(ctx context.Context, args []string, out io.Writer) error {
	var o options
	flags := flag.NewFlagSet("wide", flag.ContinueOnError)
	flags.IntVar(&o.models, "models", 10_000, "how many models, a multiple of 250")
	flags.StringVar(&o.world, "world", "daily", "daily: every table has partitions; whole: only the sources and the last layer have")
	flags.StringVar(&o.only, "only", "", "ask only the question of this name")
	flags.StringVar(&o.profile, "profile", "", "write a CPU profile of the questions to this file")
	flags.StringVar(&o.keep, "dir", "", "make the project in this folder and keep it, or take the one that is there")
	flags.BoolVar(&o.show, "show", false, "print the answers")
	if err := flags.Parse(args); err != nil {
		return err //nolint:wrapcheck // says what is wrong itself
	}
	w, err := prepare(ctx, o)
	if err != nil {
		return err
	}
	defer w.close()
	return measure(ctx, o, w, out)
}
