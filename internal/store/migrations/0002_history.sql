-- dbt lists batches that it never tried as failed.
ALTER TABLE batches ADD COLUMN skipped INTEGER NOT NULL DEFAULT 0;  -- 1: an earlier batch failed, and this one did not run
ALTER TABLE batches ADD COLUMN doubtful INTEGER NOT NULL DEFAULT 0; -- 1: it may have been skipped, which cannot be told

UPDATE batches SET skipped = 1
WHERE succeeded = 0
  AND 'error' = (SELECT status FROM results r WHERE r.node_id = batches.node_id AND r.invocation_id = batches.invocation_id)
  AND start_at > (SELECT min(b.start_at) FROM batches b
                  WHERE b.node_id = batches.node_id AND b.invocation_id = batches.invocation_id AND b.succeeded = 0);

ALTER TABLE runs ADD COLUMN full_refresh INTEGER NOT NULL DEFAULT 0; -- 1: what it built was made anew

CREATE INDEX batches_by_run ON batches (invocation_id, node_id);

-- When the run happened, beside each result: what was last is looked up and not sorted out of years.
ALTER TABLE results ADD COLUMN generated_at INTEGER NOT NULL DEFAULT 0;

UPDATE results SET generated_at = (SELECT runs.generated_at FROM runs WHERE runs.invocation_id = results.invocation_id);

CREATE INDEX results_by_time ON results (node_id, generated_at);

ALTER TABLE artifact_sets ADD COLUMN coded INTEGER NOT NULL DEFAULT 0; -- 1: the set's code is in code_versions

-- Where a manifest's checksum of a node differs from that in the manifest before it, of those that are coded.
CREATE TABLE code_versions (
    node_id  TEXT    NOT NULL,
    project  TEXT    NOT NULL,
    seen_at  INTEGER NOT NULL,  -- when that manifest was written
    checksum TEXT    NOT NULL,  -- '' where the node is gone
    PRIMARY KEY (node_id, project, seen_at)
) STRICT, WITHOUT ROWID;

-- Folders of the archive that were read, so that a restart does not read them again.
CREATE TABLE archive_folders (
    path  TEXT NOT NULL PRIMARY KEY,
    stamp TEXT NOT NULL         -- names, sizes and times of change of the artifacts in it
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 2;
