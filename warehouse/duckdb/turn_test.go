package duckdb_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// TestReadersWithoutABreakLetAnotherProcessWrite: a server has the warehouse open for as long as one of its readers is in before the
// last one has left, and a worker is to get in all the same. No reader is refused meanwhile.
func TestReadersWithoutABreakLetAnotherProcessWrite(t *testing.T) {
	t.Parallel()
	path := shop(t)
	other, w := start(t, path), at(t, path, time.Minute)
	ctx, stop := context.WithCancel(t.Context())
	var readers errgroup.Group
	for range 6 {
		readers.Go(func() error {
			for ctx.Err() == nil {
				if _, err := count(context.WithoutCancel(ctx), w, "SELECT count(*) FROM range(3000000) WHERE hash(range) % 7 = 0"); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for range 5 {
		other.must("headwater waits to INSERT INTO t VALUES (2)")
	}
	stop()
	require.NoError(t, readers.Wait())
	n, err := count(t.Context(), w, "SELECT count(*) FROM t")
	require.NoError(t, err)
	require.EqualValues(t, 6, n)
}
