package cli

import (
	"context"
	"sync"

	"github.com/headwater-mcp/headwater/internal/app"
	"github.com/headwater-mcp/headwater/internal/store"
	"github.com/headwater-mcp/headwater/internal/worker"
)

// crew is a worker within this process: for a world that is removed when the process ends, which no process may outlive.
type crew struct {
	root *root
	app  *app.App
	// ctx is of the whole command: the worker goes on when the call that brought the work is over.
	ctx context.Context //nolint:containedctx // as above

	mu    sync.Mutex
	alive bool
	stop  context.CancelFunc
	group sync.WaitGroup
}

// work has a worker where there are runs to be executed and none lives.
func (c *crew) work(ctx context.Context, s *store.Store) error { //nolint:contextcheck // the worker's is the command's
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.alive {
		return nil // it looks again before it is none any more
	}
	work, err := s.HasWork(ctx)
	if err != nil || !work {
		return err
	}
	o, err := c.app.WorkerOptions()
	if err != nil {
		return err
	}
	o.StopJobs = true
	lives, stop := context.WithCancel(c.ctx)
	c.alive, c.stop = true, stop
	c.group.Go(func() { c.live(lives, o) })
	return nil
}

// live works until nothing is left, seen under the lock: who brings work later finds that no worker lives.
func (c *crew) live(ctx context.Context, o worker.Options) {
	for {
		err := worker.Run(ctx, o)
		if err != nil {
			c.root.log.Warn().Err(err).Msg("the worker ended with an error")
		}
		c.mu.Lock()
		if more, failed := o.Store.HasWork(ctx); err != nil || failed != nil || !more || ctx.Err() != nil {
			c.alive = false
			c.mu.Unlock()
			return
		}
		c.mu.Unlock()
	}
}

// dismiss ends the worker and what it runs, and returns when nothing of it is left.
func (c *crew) dismiss() {
	c.mu.Lock()
	if c.stop != nil {
		c.stop()
	}
	c.mu.Unlock()
	c.group.Wait()
}
