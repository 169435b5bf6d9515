package duckdb

import (
	"context"
	"time"

	"github.com/headwater-mcp/headwater/fault"
)

// verdict is what a reader can do about a file as it is.
type verdict int

const (
	wait verdict = iota
	share
	openIt
	refuse
)

// acquireRead joins the open instance or opens one. Readers give way to a writer that waits to get in, of this process or another
// of headwater's, and to an instance of a writer that has left (so that other programs get the file back), but not for longer
// than o.wait.
func (f *file) acquireRead(ctx context.Context, o opening) (*lease, error) {
	timer := time.NewTimer(o.wait)
	defer timer.Stop()
	patience := timer.C
	f.mu.Lock()
	defer f.mu.Unlock()
	if l := f.inherited(ctx); l != nil && l.instance.serves(o) {
		return f.join(false), nil
	}
	for {
		v := f.judge(o, patience != nil)
		again, gives := f.giveWay(o, v, patience != nil)
		if v != wait && !gives {
			return f.follow(ctx, o, v)
		}
		opening := f.changing && f.instance == nil
		changed, err := f.await(ctx, patience, again)
		switch {
		case err != nil:
			return nil, err
		case !changed:
			patience = nil
		case opening && f.failure != nil:
			return nil, f.failure
		}
	}
}

// follow does what judge decided, which is not to wait. The caller holds mu.
func (f *file) follow(ctx context.Context, o opening, v verdict) (*lease, error) {
	if v == refuse {
		return nil, f.refusal(o)
	}
	if v == openIt {
		if err := f.open(ctx, o, readOnly); err != nil {
			return nil, err
		}
	}
	return f.join(false), nil
}

// judge decides for a reader. The caller holds mu. A file that is being opened or closed is waited for in any case:
// that ends by itself within the waiting time of whoever does it.
func (f *file) judge(o opening, patient bool) verdict {
	switch {
	case f.changing:
		return wait
	case f.lentTo != "":
		return waitOr(refuse, patient)
	case f.instance == nil:
		if f.pending {
			return waitOr(openIt, patient)
		}
		return openIt
	case !f.instance.serves(o):
		return waitOr(refuse, patient)
	case f.pending, f.instance.mode == readWrite && !f.writing:
		return waitOr(share, patient)
	}
	return share
}

func waitOr(v verdict, patient bool) verdict {
	if patient {
		return wait
	}
	return v
}

// refusal says why a caller of this process cannot get in. The caller holds mu.
func (f *file) refusal(o opening) error {
	if f.lentTo != "" {
		return fault.New(fault.Unavailable, "The warehouse %s is being written by %s, which headwater started. Try again when that has finished.",
			o.name(), f.lentTo)
	}
	return fault.New(fault.Unavailable, "The warehouse %s is open in this process with other settings. Try again in a moment.", o.name())
}

// acquireWrite queues behind the other writers of this process, waits for readers to leave and opens the file for
// writing.
func (f *file) acquireWrite(ctx context.Context, o opening) (*lease, error) {
	if err := f.enter(ctx, o, "a write"); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	usable := func() bool { return f.instance.mode == readWrite && f.instance.serves(o) }
	err := f.drain(ctx, usable)
	if err == nil && f.instance == nil {
		err = f.open(ctx, o, readWrite)
	}
	if err != nil {
		f.leave()
		return nil, err
	}
	f.pending, f.writing = false, true
	f.notify()
	return f.join(true), nil
}
