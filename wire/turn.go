package wire

import (
	"context"
	"sync"
)

// turn is a place among the calls that run. A call that waits for a person gives it up meanwhile: a few open questions
// would keep everybody else waiting.
type turn struct {
	running chan struct{}

	mu   sync.Mutex
	held bool
}

type turnKey struct{}

// takeTurn waits for a place, or for the end of ctx: what is called then ends at once. done gives the place up.
func (c *client) takeTurn(ctx context.Context) (context.Context, func()) {
	t := &turn{running: c.running}
	t.take(ctx)
	return context.WithValue(ctx, turnKey{}, t), t.give
}

func (t *turn) take(ctx context.Context) {
	select {
	case t.running <- struct{}{}:
		t.mu.Lock()
		t.held = true
		t.mu.Unlock()
	case <-ctx.Done():
	}
}

func (t *turn) give() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held {
		t.held = false
		<-t.running
	}
}

// stepAside gives up the place of the call in ctx, where there is one, until back is called.
func stepAside(ctx context.Context) (back func()) {
	t, ok := ctx.Value(turnKey{}).(*turn)
	if !ok {
		return func() {}
	}
	t.give()
	return func() { t.take(ctx) }
}
