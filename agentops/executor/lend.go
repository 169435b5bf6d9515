package executor

import (
	"context"
	"os"
)

// Lend calls start when none of headwater's processes has the warehouse open, and keeps them away as long as the program that
// start starts, or anything that this one starts, has lock open. Purpose names the program to those who are kept away. Where
// the warehouse cannot be had for writing it is fault.Unavailable, and start is not called.
//
// Lock is nil where the warehouse's folder allows no lock file. A nil Lend is of a warehouse that lets others in while it is
// written.
type Lend func(ctx context.Context, purpose string, start func(lock *os.File) error) error

// Start calls start with what has to be handed on.
func (l Lend) Start(ctx context.Context, purpose string, start func(files []*os.File) error) error {
	if l == nil {
		return start(nil)
	}
	return l(ctx, purpose, func(lock *os.File) error {
		if lock == nil {
			return start(nil)
		}
		return start([]*os.File{lock})
	})
}
