package store

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"time"
)

// CodeChange is the last change of a node's code that the archived manifests tell of.
type CodeChange struct {
	// Checksum is of the code since the change.
	Checksum string
	// Since is when the first manifest with that code was written, Before when the last one before it was, which has another.
	Since, Before time.Time
	// Base is the invocation that wrote the manifest of Before.
	Base string
}

// recordCode notes how the code of a manifest differs from that of the manifest before it, and how that of the one after differs
// from it. The table thus holds the same for the same manifests, in whatever order they come. Of two manifests of one
// microsecond the first that is recorded stands.
func recordCode(ctx context.Context, tx *sql.Tx, id string, a ArtifactSet) error {
	at := micros(a.GeneratedAt)
	var done bool
	var same int
	var next sql.NullInt64
	err := tx.QueryRowContext(ctx, `SELECT (SELECT coded FROM artifact_sets WHERE invocation_id = ?1),
		(SELECT count(*) FROM artifact_sets WHERE project = ?2 AND coded AND generated_at = ?3),
		(SELECT min(generated_at) FROM artifact_sets WHERE project = ?2 AND coded AND generated_at > ?3)`, id, a.Project, at).
		Scan(&done, &same, &next)
	if err != nil || done {
		return err //nolint:wrapcheck // update does
	}
	if _, err := tx.ExecContext(ctx, "UPDATE artifact_sets SET coded = 1 WHERE invocation_id = ?", id); err != nil || same > 0 {
		return err //nolint:wrapcheck // update does
	}
	before, err := codeIn(ctx, tx, `SELECT node_id, checksum, max(seen_at) FROM code_versions
		WHERE project = ? AND seen_at < ? GROUP BY node_id`, a.Project, at) // SQLite takes the checksum from the row with the maximum
	if err != nil {
		return err
	}
	after, err := codeIn(ctx, tx, "SELECT node_id, checksum, seen_at FROM code_versions WHERE project = ? AND seen_at = ?", a.Project, next)
	if err != nil {
		return err
	}
	nodes := maps.Clone(before)
	maps.Copy(nodes, after)
	maps.Copy(nodes, a.Checksums)
	for node := range nodes {
		later, ok := after[node]
		if !ok {
			later = before[node]
		}
		if err := noteCode(ctx, tx, node, a.Project, at, before[node], a.Checksums[node]); err != nil {
			return err
		}
		if next.Valid {
			if err := noteCode(ctx, tx, node, a.Project, next.Int64, a.Checksums[node], later); err != nil {
				return err
			}
		}
	}
	return nil
}

// codeIn reads checksums by node id.
func codeIn(ctx context.Context, tx *sql.Tx, query string, args ...any) (map[string]string, error) {
	rows, err := tx.QueryContext(ctx, query, args...) //nolint:sqlclosecheck // each closes them
	if err != nil {
		return nil, err //nolint:wrapcheck // update does
	}
	out := map[string]string{}
	err = each(rows, func() error {
		var node, sum string
		var at int64
		bad := rows.Scan(&node, &sum, &at)
		out[node] = sum
		return bad //nolint:wrapcheck // update does
	})
	return out, err
}

// noteCode keeps a line for a manifest in which a node's code is another than in the one before, and none where it is not.
func noteCode(ctx context.Context, tx *sql.Tx, node, project string, at int64, before, now string) error {
	if before == now {
		_, err := tx.ExecContext(ctx, "DELETE FROM code_versions WHERE node_id = ? AND project = ? AND seen_at = ?", node, project, at)
		return err //nolint:wrapcheck // update does
	}
	_, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO code_versions (node_id, project, seen_at, checksum) VALUES (?, ?, ?, ?)",
		node, project, at, now)
	return err //nolint:wrapcheck // update does
}

// The two newest lines of each node. Parameters: the nodes as a JSON list and the instant.
const lastCode = `
SELECT node_id, project, seen_at, checksum
FROM (SELECT node_id, project, seen_at, checksum, row_number() OVER (PARTITION BY node_id, project ORDER BY seen_at DESC) AS nth
      FROM code_versions
      WHERE node_id IN (SELECT value FROM json_each(?1)) AND seen_at <= ?2)
WHERE nth <= 2
ORDER BY node_id, project, seen_at DESC`

// CodeChanges returns, by node id, the last change of code in the manifests up to asOf. Nodes whose code was always the same,
// and those that several projects have, are left out.
func (s *Store) CodeChanges(ctx context.Context, nodes []string, asOf time.Time) (map[string]CodeChange, error) {
	rows, err := s.read.QueryContext(ctx, lastCode, jsonList(nodes), micros(asOf))
	if err != nil {
		return nil, s.foreign(err)
	}
	type line struct {
		project, checksum string
		at                int64
	}
	lines := map[string][]line{}
	err = each(rows, func() error {
		var node string
		var l line
		bad := rows.Scan(&node, &l.project, &l.at, &l.checksum)
		lines[node] = append(lines[node], l)
		return bad //nolint:wrapcheck // foreign does
	})
	if err != nil {
		return nil, s.foreign(err)
	}
	out := map[string]CodeChange{}
	type moment struct {
		project string
		at      int64
	}
	before := map[moment]CodeChange{} // a manifest usually changes many nodes
	for node, last := range lines {
		if len(last) != 2 || last[0].project != last[1].project || last[0].checksum == "" || last[1].checksum == "" {
			continue
		}
		at := moment{last[0].project, last[0].at}
		change, ok := before[at]
		if !ok {
			change.Since = time.UnixMicro(at.at).UTC()
			if change.Before, change.Base, err = s.codedBefore(ctx, at.project, at.at); err != nil {
				return nil, err
			}
			before[at] = change
		}
		change.Checksum = last[0].checksum
		out[node] = change
	}
	return out, nil
}

// codedBefore is the last manifest of a project before an instant, and the invocation that wrote it.
func (s *Store) codedBefore(ctx context.Context, project string, at int64) (time.Time, string, error) {
	var generated sql.NullInt64
	var invocation string
	err := s.read.QueryRowContext(ctx, `SELECT generated_at, invocation_id FROM artifact_sets WHERE project = ? AND coded AND generated_at < ?
		ORDER BY generated_at DESC, invocation_id LIMIT 1`, project, at).Scan(&generated, &invocation)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, "", nil
	}
	return instant(generated), invocation, s.foreign(err)
}
