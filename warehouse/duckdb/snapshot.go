package duckdb

import (
	"context"
)

// snapshotKey finds in a context the reader's session that encloses a call on the same path.
type snapshotKey struct{ path string }

// enclose makes readers that are given the context parts of a session.
func (s *settings) enclose(ctx context.Context, reader *session) context.Context {
	return context.WithValue(ctx, snapshotKey{s.path}, reader)
}

// within is the live reader's session of a context whose settings are the same, or nil.
func (s *settings) within(ctx context.Context) *session {
	reader, ok := ctx.Value(snapshotKey{s.path}).(*session)
	if !ok || reader.instance.key != s.shareable() {
		return nil
	}
	reader.mu.Lock()
	defer reader.mu.Unlock()
	if reader.ended {
		return nil
	}
	return reader
}

// renew begins a reader's transaction again, since an error in a query (a view that casts what cannot be cast) ends it in DuckDB.
// Nobody can have written where the file is open for reading only. Where a writer of this process has it open, too, what was one
// view of it may be lost.
func (s *session) renew() {
	if s.mode != readOnly {
		return
	}
	if s.instance.mode == readOnly {
		_, _ = s.conn.ExecContext(s.ctx, "ROLLBACK") // after some errors there is nothing to roll back
		_, err := s.conn.ExecContext(s.ctx, beginReading)
		s.lose(err != nil)
		return
	}
	_, err := s.conn.ExecContext(s.ctx, "SELECT 1") // refused in a transaction that has ended
	s.lose(err != nil)
}

func (s *session) lose(lost bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost = lost
}

func (s *session) gone() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lost
}
