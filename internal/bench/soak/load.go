package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/headwater-mcp/headwater/lineage/dbt/dbttest"
)

// loaded is what a load has shown.
type loaded struct {
	options
	meter              *meter
	alone              *meter // one client, with nobody beside it
	took               time.Duration
	start, warm, after held
	trends             []trend
}

// load holds the load and prints what it has shown.
func load(ctx context.Context, o options, dir string, out io.Writer) error {
	names, err := project(dir, o.models)
	if err != nil {
		return err
	}
	users, err := newTokens(dir, o.clients)
	if err != nil {
		return err
	}
	p, err := start(dir, "serve", o.binary, "--project", dir, "serve", "--listen", "127.0.0.1:0", "--tokens", users.file,
		"--rate", "1000000", "--burst", "1000000")
	if err != nil {
		return err
	}
	l := loaded{options: o, meter: newMeter(), alone: newMeter()}
	err = l.hold(ctx, p, users, general(names))
	err = errors.Join(err, p.stop())
	if err == nil {
		err = p.complaints()
	}
	if err != nil {
		return err
	}
	return l.report(out)
}

// project writes a project of so many models, and returns names of some of them across it.
func project(dir string, models int) (names []string, err error) {
	if err := os.MkdirAll(filepath.Join(dir, "target"), 0o700); err != nil {
		return nil, fmt.Errorf("making a project: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "headwater.yaml"), []byte("project: big\nartifacts: target\n"), 0o600); err != nil {
		return nil, fmt.Errorf("making a project: %w", err)
	}
	f, err := os.Create(filepath.Join(dir, "target", "manifest.json"))
	if err != nil {
		return nil, fmt.Errorf("making a project: %w", err)
	}
	if err := errors.Join(dbttest.WriteManifest(f, models), f.Close()); err != nil {
		return nil, fmt.Errorf("making a project: %w", err)
	}
	const layer = 250 // models of one, as dbttest makes them
	for i := 0; i < models; i += max(models/1000, 1) {
		names = append(names, fmt.Sprintf("fct_layer_%02d_orders_%05d", i/layer, i))
	}
	return names, nil
}

// leastWarm is the least time for which one client asks: the first search by text makes an index. leastCrowd is that of the
// crowd, until the heap is as large as so many at once make it.
const (
	leastWarm  = 3 * time.Second
	leastCrowd = 10 * time.Second
)

// hold asks alone for a tenth of the time, then warms the server up for as long, then holds the load.
func (l *loaded) hold(ctx context.Context, p *process, tokens tokens, mix []question) (err error) {
	url, err := p.url(ctx)
	if err != nil {
		return err
	}
	if l.start, err = scrape(ctx, url, tokens.admin()); err != nil {
		return err
	}
	brief := max(l.load/10, leastWarm)
	if err := ask(ctx, newClient(url, tokens.of(0), true), l.seed, mix, l.alone, time.Now().Add(brief)); err != nil {
		return err
	}
	if err := l.crowd(ctx, url, tokens, mix, newMeter(), max(brief, leastCrowd)); err != nil {
		return err
	}
	if l.warm, err = scrape(ctx, url, tokens.admin()); err != nil {
		return err
	}
	const looks = 120
	end := follow(ctx, url, tokens.admin(), l.load/looks)
	begun := time.Now()
	err = l.crowd(ctx, url, tokens, mix, l.meter, l.load)
	l.took = time.Since(begun)
	all, failed := end()
	if err := errors.Join(err, failed); err != nil {
		return err
	}
	if l.after, err = scrape(ctx, url, tokens.admin()); err != nil {
		return err
	}
	l.trends, err = trends(all, loadLimits)
	return err
}

// crowd is all clients at once, half of them in each era, for a while.
func (l *loaded) crowd(ctx context.Context, url string, tokens tokens, mix []question, m *meter, hold time.Duration) error {
	until := time.Now().Add(hold)
	failed := make([]error, l.clients)
	var group sync.WaitGroup
	for i := range l.clients {
		group.Go(func() {
			failed[i] = ask(ctx, newClient(url, tokens.of(i), i%2 == 0), l.seed+uint64(i), mix, m, until) //nolint:gosec // not negative
		})
	}
	group.Wait()
	return errors.Join(failed...)
}

// ask asks one thing after the other, in an order of its own. Only what keeps it from asking at all is its error.
func ask(ctx context.Context, c *client, seed uint64, mix []question, m *meter, until time.Time) error {
	chance := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // chosen, not secret
	if err := c.enter(ctx); err != nil {
		return err
	}
	for {
		for _, i := range chance.Perm(len(mix)) {
			if ctx.Err() != nil || time.Now().After(until) {
				return c.leave(ctx)
			}
			begun := time.Now()
			err := mix[i].ask(ctx, c, chance)
			m.note(mix[i].name, time.Since(begun), err)
		}
	}
}
