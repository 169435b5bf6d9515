package store

import (
	"context"
	"database/sql"
)

func insertNotes(ctx context.Context, tx *sql.Tx, run, job string, notes []string) error {
	for _, note := range notes {
		if _, err := tx.ExecContext(ctx, "INSERT INTO notes (run_id, job, note) VALUES (?, ?, ?)", run, job, note); err != nil {
			return err //nolint:wrapcheck // update does
		}
	}
	return nil
}

// RunNotes returns what the jobs of a run said beside the outcome of their pairs, in the order in which they ended, each sentence
// once, where it was said first.
func (s *Store) RunNotes(ctx context.Context, run string) ([]string, error) {
	rows, err := s.read.QueryContext(ctx, //nolint:sqlclosecheck // each closes them
		"SELECT note FROM notes WHERE run_id = ? GROUP BY note ORDER BY min(id)", run)
	if err != nil {
		return nil, s.foreign(err)
	}
	var out []string
	err = each(rows, func() error {
		var note string
		bad := rows.Scan(&note)
		out = append(out, note)
		return bad //nolint:wrapcheck // foreign does
	})
	return out, s.foreign(err)
}
