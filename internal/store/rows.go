package store

import (
	"database/sql"
	"errors"
)

// each calls scan for every row and closes the rows.
func each(rows *sql.Rows, scan func() error) error {
	for rows.Next() {
		if err := scan(); err != nil {
			return errors.Join(err, rows.Close())
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}
