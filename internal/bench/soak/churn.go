package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/headwater-mcp/headwater/internal/demo"
)

// churned is what a churn has shown.
type churned struct {
	options
	dir    string
	url    string
	tokens tokens
	meter  *meter
	took   time.Duration

	baseline, after held
	trends          []trend
	runs            runs
}

// Users of a churn: what each does beside the others.
const (
	readers   = 8
	repairers = 2
	visitors  = 2
	users     = readers + repairers + visitors + 1 // and who rewrites artifacts and asks for what they say
)

// churn holds the churn and prints what it has shown.
func churn(ctx context.Context, o options, dir string, out io.Writer) error {
	asOf, err := shop(ctx, dir, o.binary)
	if err != nil {
		return err
	}
	c := &churned{options: o, dir: dir, meter: newMeter()}
	if c.tokens, err = newTokens(dir, users); err != nil {
		return err
	}
	before, err := countRuns(ctx, dir)
	if err != nil {
		return err
	}
	// Sessions that their clients forget are to be ended by the server within the time that there is.
	server, err := start(dir, "serve", o.race, "--project", dir, "--as-of", asOf, "serve", "--listen", "127.0.0.1:0",
		"--tokens", c.tokens.file, "--rate", "1000000", "--burst", "1000000", "--idle", idle.String())
	if err != nil {
		return err
	}
	worker, err := start(dir, "worker", o.race, "--project", dir, "worker", "--idle", "24h")
	if err != nil {
		return errors.Join(err, server.stop())
	}
	err = c.hold(ctx, server)
	for _, p := range []*process{server, worker} { // also where something failed: what they said may be why
		err = errors.Join(err, p.stop(), p.complaints())
	}
	if err == nil {
		err = c.runs.inStore(ctx, dir, before)
	}
	return errors.Join(c.report(out), err)
}

// idle is how long a session may do nothing.
const idle = 3 * time.Second

// shop makes the demo's world with its outputs, and returns the instant to ask it at. Its loaders are the program's, each after a
// moment in which it can be cancelled.
func shop(ctx context.Context, dir, program string) (asOf string, err error) {
	loader := filepath.Join(dir, "load.sh")
	summary, err := demo.WorldLoadedBy(ctx, dir, loader)
	if err != nil {
		return "", err
	}
	script := fmt.Sprintf("#!/bin/sh\nsleep 0.3\nexec %q \"$@\"\n", program)
	if err := os.WriteFile(loader, []byte(script), 0o700); err != nil { //nolint:gosec // it is to be run
		return "", fmt.Errorf("writing the loader: %w", err)
	}
	settings := filepath.Join(dir, "headwater.yaml")
	text, err := os.ReadFile(settings)
	if err != nil {
		return "", fmt.Errorf("reading headwater.yaml: %w", err)
	}
	if err := os.WriteFile(settings, append(text, "\nworker: external\n"...), 0o600); err != nil {
		return "", fmt.Errorf("writing headwater.yaml: %w", err)
	}
	asOf = summary.AsOf.Format(time.RFC3339)
	built, err := exec.CommandContext(ctx, program, "--project", dir, "--as-of", asOf, "build").CombinedOutput() //nolint:gosec // as main says
	if err != nil {
		return "", fmt.Errorf("building the outputs: %w: %s", err, built)
	}
	return asOf, nil
}

// hold lets everybody in for a tenth of the time, which shows what the server keeps when they have gone, and again for all of it.
func (c *churned) hold(ctx context.Context, server *process) (err error) {
	if c.url, err = server.url(ctx); err != nil {
		return err
	}
	if err := c.crowd(ctx, c.churn/10); err != nil {
		return err
	}
	if c.baseline, err = c.rest(ctx, held{}); err != nil {
		return err
	}
	c.meter = newMeter()
	const looks = 120
	end := follow(ctx, c.url, c.tokens.admin(), c.churn/looks)
	begun := time.Now()
	err = c.crowd(ctx, c.churn)
	c.took = time.Since(begun)
	all, failed := end()
	if err := errors.Join(err, failed); err != nil {
		return err
	}
	if c.after, err = c.rest(ctx, c.baseline); err != nil {
		return err
	}
	c.trends, err = trends(all, churnLimits)
	return err
}

// crowd is everybody at once, for a while. The first error of any ends it for all.
func (c *churned) crowd(ctx context.Context, hold time.Duration) error {
	until := time.Now().Add(hold)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var group sync.WaitGroup
	next := 0
	each := func(do func(ctx context.Context, a *client, chance *rand.Rand, until time.Time) error) {
		i := next
		next++
		group.Go(func() {
			a := newClient(c.url, c.tokens.of(i), i%2 == 0)
			chance := rand.New(rand.NewPCG(c.seed, uint64(i))) //nolint:gosec // chosen, not secret
			if err := do(ctx, a, chance, until); err != nil {
				cancel(err)
			}
			a.http.CloseIdleConnections()
		})
	}
	for range readers {
		each(c.read)
	}
	for range repairers {
		each(c.repair)
	}
	for range visitors {
		each(c.visit)
	}
	each(c.rewrite)
	group.Wait()
	return context.Cause(ctx) //nolint:wrapcheck // whose error it is says so itself
}

// rest waits until the server holds no more than a baseline, once everybody has gone; without one, until it holds no session and
// no longer less than a moment before. It returns what the server holds then, or at the end of its patience.
func (c *churned) rest(ctx context.Context, baseline held) (held, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	last := held{}
	for again := time.NewTicker(idle); ; {
		// A session that begins ends those that were idle for too long, as the server does by itself once a minute. Its own
		// connection is gone when the server is looked at, a moment later.
		a := newClient(c.url, c.tokens.of(users-1), false)
		err := errors.Join(a.enter(ctx), a.leave(ctx))
		select {
		case <-ctx.Done():
		case <-again.C:
		}
		var h held
		if err == nil {
			h, err = scrape(ctx, c.url, c.tokens.admin())
		}
		switch {
		case ctx.Err() != nil:
			return last, nil // the report says what was left
		case err != nil:
			return last, err
		}
		settled := h.left(baseline) == nil
		if baseline == (held{}) {
			settled = h.sessions == 0 && h.goroutines >= last.goroutines && h.descriptors >= last.descriptors
		}
		if last = h; settled {
			return h, nil
		}
	}
}
