// Package page cuts a list to what an answer may hold and says what was cut: no answer is shortened silently.
package page

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/headwater-mcp/headwater/fault"
)

// DefaultLimit and MaxLimit bound every list in an answer.
const (
	DefaultLimit = 50
	MaxLimit     = 1000
	// DefaultBytes is what a list may take in a default answer: 2,000 tokens of 4 bytes, less what is said around it.
	DefaultBytes = 7000
)

// Info stands in an answer beside a list.
type Info struct {
	Total      int    `json:"total"`
	Returned   int    `json:"returned"`
	Truncated  bool   `json:"truncated"`
	NextCursor string `json:"next_cursor,omitempty" jsonschema_description:"Pass as cursor for the next page."`
}

// Cut returns the page of items that starts at cursor ("" is the first), at most limit long (0 is the default). The cursor is
// the position in a list that is the same for the same arguments and snapshot. A bad limit or cursor is fault.Invalid.
func Cut[T any](items []T, limit int, cursor string) ([]T, Info, error) {
	info := Info{Total: len(items)}
	if limit == 0 {
		limit = DefaultLimit
	}
	if limit < 0 || limit > MaxLimit {
		return nil, info, fault.New(fault.Invalid, "limit is %d; valid is 1 to %d.", limit, MaxLimit)
	}
	start := 0
	if cursor != "" {
		n, err := strconv.Atoi(strings.TrimPrefix(cursor, "at:"))
		if err != nil || n < 0 || n > len(items) || !strings.HasPrefix(cursor, "at:") {
			return nil, info, fault.New(fault.Invalid, "cursor %q is not one that this list gave; leave it out to start at the beginning.", cursor)
		}
		start = n
	}
	end := min(start+limit, len(items))
	info.Returned, info.Truncated = end-start, end < len(items)
	if info.Truncated {
		info.NextCursor = "at:" + strconv.Itoa(end)
	}
	return items[start:end:end], info, nil
}

// Fit is Cut, and where no limit is asked for, no more than a default answer has room for: at least one item.
func Fit[T any](items []T, limit int, cursor string) ([]T, Info, error) {
	return FitAs(items, func(item T) T { return item }, limit, cursor)
}

// FitAs is Fit of a long list whose items are only turned into what the answer shows where they are shown.
func FitAs[T, U any](items []T, as func(T) U, limit int, cursor string) ([]U, Info, error) {
	some, info, err := Cut(items, limit, cursor)
	if err != nil {
		return nil, info, err
	}
	out := make([]U, 0, len(some))
	used := 0
	for i, item := range some {
		shown := as(item)
		if limit == 0 {
			text, err := json.Marshal(shown)
			if err != nil {
				return nil, info, fault.Wrap(err, fault.Internal, "The answer cannot be written.")
			}
			if used += len(text) + 1; used > DefaultBytes && i > 0 {
				_, info, err = Cut(items, i, cursor)
				return out, info, err
			}
		}
		out = append(out, shown)
	}
	return out, info, nil
}
