// Command soak holds `headwater serve` under load and finds out what stays behind. It has two parts, each against the real
// program in a process of its own, asked over HTTP in both eras of the protocol by clients that share no code with it.
//
// Load: many clients at once ask what agents ask of a project of 10,000 models. It prints how long each kind of question took and
// what the server held; it fails on any error, and on memory that keeps growing while the load stays the same. How fast it was is
// for the reader to judge: that is the machine's as well.
//
// Churn: for longer, against a build with the race detector, clients read while artifacts are rewritten, backfills are planned,
// started, watched, paused and cancelled, and sessions come and go. It fails on any error, on an answer from other artifacts than
// the last, on a subscriber that was not told, on a race, on goroutines, descriptors or sessions that are left when everybody has
// gone, and on a store that is not whole.
//
// Everything is made in a folder that is removed.
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
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1) //nolint:gocritic // the signals of a process that ends need no restoring
	}
}

// options are the flags.
type options struct {
	binary, race string
	load, churn  time.Duration
	clients      int
	models       int
	seed         uint64
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("soak", flag.ContinueOnError)
	flags.StringVar(&o.binary, "binary", "bin/headwater", "the built program")
	flags.StringVar(&o.race, "race", "bin/headwater-race", "the program built with -race")
	flags.DurationVar(&o.load, "load", time.Minute, "how long the load is held; 0 leaves it out")
	flags.DurationVar(&o.churn, "churn", 10*time.Minute, "how long the churn is held; 0 leaves it out")
	flags.IntVar(&o.clients, "clients", 50, "clients at once")
	flags.IntVar(&o.models, "models", 10_000, "models of the project under load")
	flags.Uint64Var(&o.seed, "seed", 1, "of what the clients choose")
	if err := flags.Parse(args); err != nil {
		return o, err //nolint:wrapcheck // says what is wrong itself
	}
	if o.clients < 1 || o.models < 1 || o.load < 0 || o.churn < 0 {
		return o, errors.New("-clients and -models are at least 1, -load and -churn no negative times")
	}
	for _, path := range []*string{&o.binary, &o.race} {
		absolute, err := filepath.Abs(*path)
		if err != nil {
			return o, fmt.Errorf("finding the program: %w", err)
		}
		*path = absolute
	}
	return o, nil
}

func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "headwater-soak-")
	if err != nil {
		return fmt.Errorf("making a folder: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a folder of the system's temporary ones
	if o.load > 0 {
		err = load(ctx, o, filepath.Join(dir, "load"), out)
	}
	if o.churn > 0 && ctx.Err() == nil {
		err = errors.Join(err, churn(ctx, o, filepath.Join(dir, "churn"), out))
	}
	return errors.Join(err, ctx.Err())
}
