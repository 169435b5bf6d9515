// Command worlds measures the partition checker on worlds of incidents whose truth is known: small projects, each with one thing
// that happened, or nothing. Of every case it asks what a user asks, compares the answer with the truth and prints a table; it
// fails where an injected partition fault is not found, or where something is called broken that nothing broke.
//
// Cases are made one after another by the tool of -tool and removed, or are read from the folders of -worlds and -truths. The
// judgement shares no code with the checker: lineage comes from the artifacts' own child_map. With -explain each case is also
// built and explained: the numbers of each answer are compared with the rows of the fact, and the tool scores the answers.
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
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "worlds:", err)
		os.Exit(1) //nolint:gocritic // the signals of a process that ends need no restoring
	}
}

// options are the flags.
type options struct {
	tool, python   string
	seeds          span
	hard           bool
	kinds          []string
	worlds, truths string
	binary         string
	check, explain bool
	baseline, warm bool
	floor          float64
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("worlds", flag.ContinueOnError)
	flags.StringVar(&o.tool, "tool", filepath.Join("..", "shared", "tools", "world"), "the folder of world.py, which makes cases and scores explanations")
	flags.StringVar(&o.python, "python", "python3", "a Python that has what its requirements.txt asks for")
	seeds := flags.String("seeds", "1..3", "the seeds of which cases are made, both included")
	flags.BoolVar(&o.hard, "hard", false, "make the hard cases: smaller effects, other zones, more that is idle")
	kinds := flags.String("kinds", "", "a list of kinds; all by default")
	flags.StringVar(&o.worlds, "worlds", "", "a folder of cases made before, instead of making them")
	flags.StringVar(&o.truths, "truths", "", "the folder of their truths")
	flags.StringVar(&o.binary, "binary", "", "the built program; without it, the answers come from this process")
	flags.BoolVar(&o.explain, "explain", false, "also build and explain every case, and score that")
	flags.BoolVar(&o.check, "check", true, "check partitions, and fail where a fault is not found; -check=false only explains")
	flags.BoolVar(&o.baseline, "baseline", false, "with -explain: also ask the tool's naive baseline, a second a case")
	flags.BoolVar(&o.warm, "warm", false, "with -explain: also measure how long a running server takes for an answer")
	flags.Float64Var(&o.floor, "floor", 0, "with -explain: fail where the score is lower, or where a slice is blamed although nothing happened")
	if err := flags.Parse(args); err != nil {
		return o, err //nolint:wrapcheck // says what is wrong itself
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("%q is no flag; -h lists them", flags.Arg(0))
	}
	if (o.worlds == "") != (o.truths == "") {
		return o, errors.New("-worlds and -truths go together: the folder of cases, and that of their truths")
	}
	if !o.check && !o.explain {
		return o, errors.New("-check=false leaves nothing to do without -explain")
	}
	if *kinds != "" {
		o.kinds = strings.Split(*kinds, ",")
	}
	var err error
	o.seeds, err = parseSpan(*seeds)
	return o, err
}

// errWrong says that the checker did not pass.
var errWrong = errors.New("an injected fault was not found, or something was called broken that nothing broke")

func run(ctx context.Context, args []string, out, progress io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "headwater-worlds-")
	if err != nil {
		return fmt.Errorf("a folder for the cases: %w", err)
	}
	defer os.RemoveAll(work) //nolint:errcheck // a folder for temporary files, which the system clears too
	cases, err := o.list(ctx)
	if err != nil {
		return err
	}
	p := program{binary: o.binary}
	e := explanations{options: o, work: work, progress: progress}
	var results []result
	for k, c := range cases {
		fmt.Fprintf(progress, "%d of %d: %s\n", k+1, len(cases), c)
		r, err := o.try(ctx, p, c, work, &e)
		if err != nil {
			_, printed := printResults(out, results) // what was measured until then took its time
			return errors.Join(fmt.Errorf("%s: %w", c, err), printed)
		}
		results = append(results, r)
	}
	wrong := false
	if o.check {
		if wrong, err = printResults(out, results); err != nil {
			return err
		}
	}
	if o.explain {
		if err := e.score(ctx, out); err != nil {
			return err
		}
	}
	if wrong {
		return errWrong
	}
	return nil
}

// try brings one case into a folder of its own, asks about it, and removes it.
func (o options) try(ctx context.Context, p program, c source, work string, e *explanations) (result, error) {
	dir, truthFile := filepath.Join(work, "case"), filepath.Join(work, "truth.json")
	defer os.RemoveAll(dir) //nolint:errcheck // the next case, or the end, says so
	if err := c.bring(ctx, o, dir, truthFile); err != nil {
		return result{}, err
	}
	one, err := readCase(dir, truthFile)
	if err != nil {
		return result{}, err
	}
	out := result{truth: one.truth}
	if o.check {
		var seen []sighting
		if seen, out.took, err = p.check(ctx, one); err != nil {
			return out, err
		}
		if out.judgement, err = judge(one.truth, one.lineage, seen); err != nil {
			return out, err
		}
	}
	if o.explain {
		err = e.add(ctx, p, one, truthFile)
	}
	return out, err
}
