package store

import (
	"context"
	"database/sql"
)

// FoldersRead returns, by path, the stamps of the archive's folders that were read.
func (s *Store) FoldersRead(ctx context.Context) (map[string]string, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT path, stamp FROM archive_folders") //nolint:sqlclosecheck // each closes them
	if err != nil {
		return nil, s.foreign(err)
	}
	out := map[string]string{}
	err = each(rows, func() error {
		var path, stamp string
		bad := rows.Scan(&path, &stamp)
		out[path] = stamp
		return bad //nolint:wrapcheck // foreign does
	})
	return out, s.foreign(err)
}

// FolderRead remembers that a folder was read when its files had that stamp.
func (s *Store) FolderRead(ctx context.Context, path, stamp string) error {
	return s.update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO archive_folders (path, stamp) VALUES (?, ?)", path, stamp)
		return err //nolint:wrapcheck // update does
	})
}
