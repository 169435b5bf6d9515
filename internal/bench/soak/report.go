package main

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// table writes aligned columns.
type table struct{ *tabwriter.Writer }

func newTable(out io.Writer) table { return table{tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)} }

// linef writes a line of it; Flush gives the error.
func (t table) linef(format string, args ...any) { _, _ = fmt.Fprintf(t, format+"\n", args...) }

func mb(bytes float64) string { return fmt.Sprintf("%.1f MB", bytes/1e6) }

func rounded(d time.Duration) time.Duration {
	if d < 10*time.Millisecond {
		return d.Round(10 * time.Microsecond)
	}
	return d.Round(time.Millisecond)
}

// report prints what a load has shown. Its error is what must not be.
func (l *loaded) report(out io.Writer) error {
	t := newTable(out)
	n := l.meter.count()
	t.linef("\nload: %d clients for %s on %d models: %d requests, %.0f/s, %d errors\n",
		l.clients, l.took.Round(time.Second), l.models, n, float64(n)/l.took.Seconds(), l.meter.errors)
	t.linef("read\tcount\tp50\tp95\tp99\tone client alone, p50\tp99")
	alone := map[string]line{}
	for _, a := range l.alone.lines() {
		alone[a.kind] = a
	}
	for _, m := range l.meter.lines() {
		quiet := "not asked\t"
		if a, ok := alone[m.kind]; ok {
			quiet = fmt.Sprintf("%s\t%s", rounded(a.p50), rounded(a.p99))
		}
		t.linef("%s\t%d\t%s\t%s\t%s\t%s", m.kind, m.count, rounded(m.p50), rounded(m.p95), rounded(m.p99), quiet)
	}
	t.linef("\nthe server\tat its start\twarm\tafter the load")
	t.linef("resident memory\t%s\t%s\t%s", mb(l.start.resident), mb(l.warm.resident), mb(l.after.resident))
	t.linef("live heap\t%s\t%s\t%s", mb(l.start.live), mb(l.warm.live), mb(l.after.live))
	t.linef("goroutines\t%.0f\t%.0f\t%.0f", l.start.goroutines, l.warm.goroutines, l.after.goroutines)
	t.linef("descriptors\t%.0f\t%.0f\t%.0f", l.start.descriptors, l.warm.descriptors, l.after.descriptors)
	err := t.trends(l.trends)
	for _, m := range []*meter{l.alone, l.meter} {
		err = errors.Join(err, m.judge())
	}
	return errors.Join(err, t.Flush())
}

// trends prints how memory moved; its error says where it grew.
func (t table) trends(all []trend) error {
	var err error
	t.linef("\nunder load\tmiddle third\tlast third\tgrew by")
	for _, each := range all {
		t.linef("%s\t%s\t%s\t%s", each.what, mb(each.middle), mb(each.last), mb(each.last-each.middle))
		if each.grows {
			err = errors.Join(err, fmt.Errorf("%s keeps growing: %s in the middle third, %s in the last one", each.what, mb(each.middle), mb(each.last)))
		}
	}
	return err
}

// judge is what went wrong.
func (m *meter) judge() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.errors == 0 {
		return nil
	}
	return fmt.Errorf("%d requests failed; of those: %w", m.errors, errors.Join(m.first...))
}

// report prints what a churn has shown. Its error is what must not be.
func (c *churned) report(out io.Writer) error {
	t := newTable(out)
	ended := map[string]int{}
	for _, status := range c.runs.status {
		ended[status]++
	}
	t.linef("\nchurn: %d clients for %s: %d things done, %d errors; %d times told to wait for the warehouse", users, c.took.Round(time.Second),
		c.meter.count(), c.meter.errors, c.meter.busy)
	t.linef("reloads: %d; runs: %d succeeded, %d cancelled; updates heard: %d\n", c.meter.count(reloads), ended["succeeded"], ended["cancelled"], c.runs.told)
	t.linef("done\tcount\tp50\tp95\tp99")
	for _, m := range c.meter.lines() {
		t.linef("%s\t%d\t%s\t%s\t%s", m.kind, m.count, rounded(m.p50), rounded(m.p95), rounded(m.p99))
	}
	t.linef("\nthe server, alone\tafter the first tenth\tat the end")
	t.linef("resident memory\t%s\t%s", mb(c.baseline.resident), mb(c.after.resident))
	t.linef("live heap\t%s\t%s", mb(c.baseline.live), mb(c.after.live))
	t.linef("goroutines\t%.0f\t%.0f", c.baseline.goroutines, c.after.goroutines)
	t.linef("descriptors\t%.0f\t%.0f", c.baseline.descriptors, c.after.descriptors)
	t.linef("sessions\t%.0f\t%.0f", c.baseline.sessions, c.after.sessions)
	err := errors.Join(t.trends(c.trends), c.meter.judge(), c.after.left(c.baseline))
	for what, n := range map[string]int{
		"reloaded artifacts": c.meter.count(reloads), "runs that succeeded": ended["succeeded"], "cancelled runs": ended["cancelled"],
	} {
		if n == 0 {
			err = errors.Join(err, fmt.Errorf("there are no %s: hold it longer", what))
		}
	}
	return errors.Join(err, t.Flush())
}

// pooled is how many descriptors a server may hold beyond a baseline: one more connection to its store that is kept for the next
// reader, of the two that are.
const pooled = 2

// left says what a server holds beyond a baseline, once everybody has gone.
func (h held) left(baseline held) error {
	var err error
	for _, each := range []struct {
		what      string
		was, left float64
	}{
		{"goroutines", baseline.goroutines, h.goroutines},
		{"descriptors", baseline.descriptors + pooled, h.descriptors},
		{"sessions", 0, h.sessions},
	} {
		if each.left > each.was {
			err = errors.Join(err, fmt.Errorf("%.0f %s are left instead of %.0f", each.left, each.what, each.was))
		}
	}
	return err
}
