-- What jobs of runs said beside the outcome of their pairs, in the order in which they ended.
CREATE TABLE notes (
    id     INTEGER PRIMARY KEY,
    run_id TEXT    NOT NULL REFERENCES backfills (id),
    job    TEXT    NOT NULL,
    note   TEXT    NOT NULL
) STRICT;

CREATE INDEX notes_by_run ON notes (run_id);

PRAGMA user_version = 6;
