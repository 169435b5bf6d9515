-- Instants are microseconds since 1970-01-01 UTC, as fine as dbt writes them.

CREATE TABLE artifact_sets (
    invocation_id  TEXT    NOT NULL PRIMARY KEY,
    project        TEXT    NOT NULL,
    generated_at   INTEGER NOT NULL,
    schema_version TEXT    NOT NULL,
    dbt_version    TEXT    NOT NULL,
    path           TEXT    NOT NULL, -- the folder in which it was seen last
    seen_at        INTEGER NOT NULL  -- wall time of the first sight
) STRICT;

CREATE INDEX artifact_sets_by_time ON artifact_sets (project, generated_at);

CREATE TABLE runs (
    invocation_id TEXT    NOT NULL PRIMARY KEY,
    project       TEXT    NOT NULL,
    command       TEXT    NOT NULL,
    dbt_version   TEXT    NOT NULL,
    generated_at  INTEGER NOT NULL,
    seen_at       INTEGER NOT NULL
) STRICT;

CREATE INDEX runs_by_time ON runs (generated_at);

CREATE TABLE results (
    invocation_id TEXT    NOT NULL REFERENCES runs (invocation_id) ON DELETE CASCADE,
    node_id       TEXT    NOT NULL,
    status        TEXT    NOT NULL,
    started_at    INTEGER,
    completed_at  INTEGER,
    rows_affected INTEGER,
    failures      INTEGER,
    max_loaded_at INTEGER,           -- of a source, where freshness was measured
    message       TEXT    NOT NULL,
    PRIMARY KEY (node_id, invocation_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE batches (
    invocation_id TEXT    NOT NULL REFERENCES runs (invocation_id) ON DELETE CASCADE,
    node_id       TEXT    NOT NULL,
    start_at      INTEGER NOT NULL,
    end_at        INTEGER NOT NULL,
    succeeded     INTEGER NOT NULL,  -- 1 or 0
    PRIMARY KEY (node_id, start_at, end_at, invocation_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE observations (
    node_id   TEXT    NOT NULL,
    grain     TEXT    NOT NULL,
    time_zone TEXT    NOT NULL,
    period    TEXT    NOT NULL,      -- its name: the local start date
    relation  TEXT    NOT NULL,
    as_of     INTEGER NOT NULL,      -- logical time of the question
    rows      INTEGER NOT NULL,
    seen_at   INTEGER NOT NULL,      -- wall time
    PRIMARY KEY (node_id, relation, grain, time_zone, period, as_of)
) STRICT, WITHOUT ROWID;

PRAGMA application_id = 1212438354; -- "HDWR"
PRAGMA user_version = 1;
