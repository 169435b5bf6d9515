package store

import (
	"context"
	"database/sql"
	"strconv"
	"time"
)

// ArtifactSet is a folder with a manifest that was seen.
type ArtifactSet struct {
	// InvocationID is that of the manifest; where it is empty, project and time stand for it.
	InvocationID string
	Project      string
	// GeneratedAt is when dbt wrote the manifest.
	GeneratedAt               time.Time
	SchemaVersion, DBTVersion string
	// Path is the folder in which the set was seen last. dbt overwrites its target folder, so only an archived set is
	// still there.
	Path string
	// SeenAt is the wall time at which it was seen first.
	SeenAt time.Time
	// Checksums are of the code, by node id; nil where they are not known. ArtifactSets does not give them back, CodeChanges does.
	Checksums map[string]string
}

// RecordArtifacts notes an artifact set once, by invocation id, and reports whether it was new. A set that is known
// keeps its first sight and takes the new path.
func (s *Store) RecordArtifacts(ctx context.Context, a ArtifactSet) (bool, error) {
	id := a.InvocationID
	if id == "" {
		id = a.Project + " " + strconv.FormatInt(micros(a.GeneratedAt), 10)
	}
	isNew := false
	err := s.update(ctx, func(tx *sql.Tx) error {
		var n int
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM artifact_sets WHERE invocation_id = ?", id).Scan(&n); err != nil {
			return err //nolint:wrapcheck // update does
		}
		isNew = n == 0
		_, err := tx.ExecContext(ctx, `INSERT INTO artifact_sets
			(invocation_id, project, generated_at, schema_version, dbt_version, path, seen_at) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (invocation_id) DO UPDATE SET path = excluded.path`,
			id, a.Project, micros(a.GeneratedAt), a.SchemaVersion, a.DBTVersion, a.Path, micros(a.SeenAt))
		if err != nil || a.Checksums == nil {
			return err //nolint:wrapcheck // update does
		}
		return recordCode(ctx, tx, id, a)
	})
	return isNew && err == nil, err
}

// ArtifactSets returns the sets of a project that dbt wrote up to asOf, newest first, at most limit.
func (s *Store) ArtifactSets(ctx context.Context, project string, asOf time.Time, limit int) ([]ArtifactSet, error) {
	rows, err := s.read.QueryContext(ctx, `
		SELECT invocation_id, project, generated_at, schema_version, dbt_version, path, seen_at
		FROM artifact_sets WHERE project = ? AND generated_at <= ? ORDER BY generated_at DESC, invocation_id DESC LIMIT ?`,
		project, micros(asOf), limit)
	if err != nil {
		return nil, s.foreign(err)
	}
	out := []ArtifactSet{}
	err = each(rows, func() error {
		var a ArtifactSet
		var generated, seen sql.NullInt64
		bad := rows.Scan(&a.InvocationID, &a.Project, &generated, &a.SchemaVersion, &a.DBTVersion, &a.Path, &seen)
		a.GeneratedAt, a.SeenAt = instant(generated), instant(seen)
		out = append(out, a)
		return bad //nolint:wrapcheck // foreign does
	})
	return out, s.foreign(err)
}
