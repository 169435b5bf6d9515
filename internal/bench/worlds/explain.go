package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// explanations collects what explain_active_users answered of each case, and what the truth is, as the tool scores them.
type explanations struct {
	options

	work     string
	progress io.Writer
	count    int
	took     time.Duration
	// running is how long each answer took in a running server, where that is asked for.
	running []time.Duration
	// apart is how many answers did not agree with the rows of the fact.
	apart int
}

func (e *explanations) answers() string  { return filepath.Join(e.work, "answers") }
func (e *explanations) truthsOf() string { return filepath.Join(e.work, "truths") }
func (e *explanations) naive() string    { return filepath.Join(e.work, "naive") }
func (e *explanations) next(dir string) string {
	return filepath.Join(dir, fmt.Sprintf("case_%04d.json", e.count))
}

// add builds a case and asks why users moved.
func (e *explanations) add(ctx context.Context, p program, c oneCase, truthFile string) error {
	_, built, err := p.run(ctx, "--project", c.dir, "--as-of", c.question.AsOf, "build")
	if err != nil {
		return err
	}
	text, asked, err := p.call(ctx, c, "explain_active_users",
		map[string]any{"fact": c.question.Fact, "grain": c.question.Grain, "period": c.question.Period})
	if err != nil {
		return err
	}
	e.took += built + asked
	if e.warm {
		running, err := warm(ctx, c)
		if err != nil {
			return err
		}
		e.running = append(e.running, running)
	}
	if err := c.reconcile(ctx, text); err != nil {
		fmt.Fprintf(e.progress, "the answer of %s, seed %d, does not agree with the warehouse: %v\n", c.truth.Kind, c.truth.Seed, err)
		e.apart++
	}
	for _, dir := range []string{e.answers(), e.truthsOf(), e.naive()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("a folder for answers: %w", err)
		}
	}
	if err := e.ask(ctx, c); err != nil {
		return err
	}
	if err := os.WriteFile(e.next(e.answers()), text, 0o600); err != nil {
		return fmt.Errorf("keeping an answer: %w", err)
	}
	if err := os.Rename(truthFile, e.next(e.truthsOf())); err != nil {
		return fmt.Errorf("keeping a truth: %w", err)
	}
	e.count++
	return nil
}

// ask keeps what the naive baseline of the tool says of a case, where it is to be shown.
func (e *explanations) ask(ctx context.Context, c oneCase) error {
	if !e.baseline {
		return nil
	}
	if _, err := e.world(ctx, "baseline", "--in", filepath.Dir(c.dir), "--answers", e.naive()); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(e.naive(), filepath.Base(c.dir)+".json"), e.next(e.naive())); err != nil {
		return fmt.Errorf("keeping an answer of the baseline: %w", err)
	}
	return nil
}
