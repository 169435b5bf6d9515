package store

import (
	"context"
	"strconv"
	"strings"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/page"
)

// listed is a list of a table that grows at its end, shown from there. A cursor names the last row that was shown, so that what
// is added meanwhile shifts no page.
type listed struct {
	// Queries: how many rows there are, and those whose key is below the first parameter, as many as the second, descending.
	count, rows string
	limit       int
	cursor      string
}

// newestFirst calls scan for the rows of a page and for one more, where there is one. Scan returns the row's key.
func (s *Store) newestFirst(ctx context.Context, l listed, scan func(scanner) (int64, error)) (page.Info, error) {
	var info page.Info
	if l.limit == 0 {
		l.limit = page.DefaultLimit
	}
	if l.limit < 0 || l.limit > page.MaxLimit {
		return info, fault.New(fault.Invalid, "limit is %d; valid is 1 to %d.", l.limit, page.MaxLimit)
	}
	const all = 1<<63 - 1
	before := int64(all)
	if l.cursor != "" {
		n, err := strconv.ParseInt(strings.TrimPrefix(l.cursor, cursorStart), 10, 64)
		if err != nil || n <= 0 || !strings.HasPrefix(l.cursor, cursorStart) {
			return info, fault.New(fault.Invalid, "cursor %q is not one that this list gave; leave it out to start at the beginning.", l.cursor)
		}
		before = n
	}
	if err := s.read.QueryRowContext(ctx, l.count).Scan(&info.Total); err != nil {
		return info, s.foreign(err)
	}
	rows, err := s.read.QueryContext(ctx, l.rows, before, l.limit+1)
	if err != nil {
		return info, s.foreign(err)
	}
	err = each(rows, func() error {
		if info.Returned == l.limit {
			info.Truncated, info.NextCursor = true, cursorStart+strconv.FormatInt(before, 10)
			return nil
		}
		key, err := scan(rows)
		before = key
		info.Returned++
		return err
	})
	return info, s.foreign(err)
}

const cursorStart = "before:"

// numbered scans a column before those that another scan knows of.
type numbered struct {
	scanner

	number *int64
}

func (n numbered) Scan(dest ...any) error {
	return n.scanner.Scan(append([]any{n.number}, dest...)...)
}
