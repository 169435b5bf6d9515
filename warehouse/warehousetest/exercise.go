// Package warehousetest is the suite that every engine of package warehouse runs against the real thing. It checks what
// headwater relies on: transactions, isolation, names, values and errors.
//
// It leaves what is special to an engine (locks, files, quotas) to the engine's own tests. The statements here are
// standard SQL; names go through the engine's Dialect.
package warehousetest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"text/template"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/warehouse"
)

// Exercise runs the suite. Fresh returns an empty warehouse that the test may write, with a default schema; it is
// called once for every part, and parts run in parallel.
func Exercise(t *testing.T, fresh func(t *testing.T) warehouse.Warehouse) {
	t.Helper()
	for _, part := range []struct {
		name string
		run  func(*testing.T, bench)
	}{
		{"a write is there for the next read", writeThenRead},
		{"an error rolls back", errorRollsBack},
		{"a panic rolls back", panicRollsBack},
		{"a cancelled write rolls back", cancelRollsBack},
		{"nobody sees a write before its commit", isolation},
		{"reads inside a read see what it sees", oneSnapshot},
		{"an error inside a read leaves its snapshot", errorInSnapshot},
		{"a writer sees its own changes", ownChanges},
		{"what is staged is the session's own", staged},
		{"a reader cannot write", readerCannotWrite},
		{"nothing leaves a transaction", nothingLeaves},
		{"a cancelled query ends", cancelledQuery},
		{"rows left open do no harm", rowsLeftOpen},
		{"many readers and writers at once", manyAtOnce},
		{"values keep their types", values},
		{"bound values compare", boundValues},
		{"NULL is read as NULL", nulls},
		{"seconds since an instant", secondsSince},
		{"quotients of integers", quotients},
		{"minutes after a time", minutesAfter},
		{"hostile names are quoted", hostileNames},
		{"a relation is described", describe},
		{"a relation that is not there", missingRelation},
		{"a statement about what is not there", missingParts},
		{"health is one line", health},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			part.run(t, bench{fresh(t)})
		})
	}
}

// bench is a warehouse with shorthands for tests.
type bench struct{ warehouse.Warehouse }

// expand fills a template with the dialect's functions.
func (b bench) expand(t *testing.T, text string, data any) string {
	t.Helper()
	parsed, err := template.New("").Funcs(b.Dialect().Funcs).Parse(text)
	require.NoError(t, err)
	var out strings.Builder
	require.NoError(t, parsed.Execute(&out, data))
	return out.String()
}

// write runs statements in one transaction.
func (b bench) write(t *testing.T, statements ...string) {
	t.Helper()
	err := b.Write(t.Context(), func(ctx context.Context, w warehouse.Writer) error {
		return execAll(ctx, w, statements...)
	})
	require.NoError(t, err, "cause: %v", errors.Unwrap(err))
}

func execAll(ctx context.Context, w warehouse.Writer, statements ...string) error {
	for _, s := range statements {
		if err := w.Exec(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// numbers reads the first column of a query as integers.
func (b bench) numbers(ctx context.Context, query string, args ...any) ([]int64, error) {
	var out []int64
	err := b.Read(ctx, func(ctx context.Context, r warehouse.Reader) (err error) {
		out, err = numbers(ctx, r, query, args...)
		return err
	})
	return out, err
}

func (b bench) mustNumbers(t *testing.T, query string, args ...any) []int64 {
	t.Helper()
	out, err := b.numbers(t.Context(), query, args...)
	require.NoError(t, err, "cause: %v", errors.Unwrap(err))
	return out
}

func numbers(ctx context.Context, r warehouse.Reader, query string, args ...any) ([]int64, error) {
	return warehouse.Collect(ctx, r, func(rows warehouse.Rows) (int64, error) {
		var n int64
		err := rows.Scan(&n)
		return n, err
	}, query, args...)
}
