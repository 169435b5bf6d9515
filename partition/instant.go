package partition

import (
	"context"
)

// atOnce judges as of one instant: what fn observes is one state of the warehouse, whoever writes meanwhile. A warehouse that
// does not answer is waited for once, here, and what is judged of it is unknown.
func (s *survey) atOnce(ctx context.Context, fn func(context.Context)) {
	if s.deps.AtOnce == nil || !s.looks() {
		fn(ctx)
		return
	}
	asked := false
	err := s.deps.AtOnce(ctx, func(ctx context.Context) error {
		asked = true
		fn(ctx)
		return nil
	})
	if !asked {
		s.down = unavailable(err)
		fn(ctx)
	}
}

// looks reports whether anything in scope can be observed at all.
func (s *survey) looks() bool {
	for id := range s.scope {
		n, ok := s.graph.Node(id)
		if ok && n.Relation != "" && s.specs.Of(id).Time != "" {
			return true
		}
	}
	return false
}

// AtOnce calls fn with a context under which all checks, and all that reads the same warehouse, are of one instant. It fails
// without calling fn where the warehouse does not answer.
func (c *Checker) AtOnce(ctx context.Context, fn func(context.Context) error) error {
	if c.deps.AtOnce == nil {
		return fn(ctx)
	}
	return c.deps.AtOnce(ctx, fn)
}
