package wire

import (
	"context"
	"errors"
	"time"

	"github.com/headwater-mcp/headwater/fault"
)

// callLimit is how long one call of a tool may take, the time in which it waits for a person not counted: hosts give up on calls
// soon after.
const callLimit = 30 * time.Second

// errOverdue is why the context of a call ended that took too long.
var errOverdue = errors.New("the call took longer than one may")

// limited is ctx until the call has taken as long as it may, or stop.
func (c *call) limited(ctx context.Context) (limited context.Context, stop func()) {
	limited, cancel := context.WithCancelCause(ctx)
	c.limit = time.AfterFunc(callLimit, func() { cancel(errOverdue) })
	return limited, func() {
		c.limit.Stop()
		cancel(nil)
	}
}

// tooLong is err, or if the call was stopped for it that it took too long.
func (c *call) tooLong(ctx context.Context, err error) error {
	if !errors.Is(context.Cause(ctx), errOverdue) {
		return err
	}
	return fault.Wrap(err, fault.Unavailable,
		"%s was stopped after %s, which is as long as a call may take. Ask for less at once: fewer nodes, a shorter range of periods.",
		c.tool, callLimit)
}
