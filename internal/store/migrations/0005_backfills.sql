-- Plans, the runs of them with their pairs, and who asked for what. Instants are microseconds since 1970-01-01 UTC: as_of and
-- expires_at of the logical clock, the others of the wall clock.

CREATE TABLE plans (
    id         TEXT    NOT NULL PRIMARY KEY,
    as_of      INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    saved_at   INTEGER NOT NULL,
    body       TEXT    NOT NULL  -- JSON
) STRICT;

CREATE INDEX plans_by_time ON plans (saved_at);

CREATE TABLE backfills (
    number      INTEGER PRIMARY KEY AUTOINCREMENT, -- in the order of their start
    id          TEXT    NOT NULL UNIQUE,
    plan_id     TEXT    NOT NULL UNIQUE REFERENCES plans (id),
    status      TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    client      TEXT    NOT NULL,
    user        TEXT    NOT NULL,
    as_of       INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    started_at  INTEGER,
    finished_at INTEGER,
    receipt     TEXT,                       -- JSON
    jobs        INTEGER NOT NULL DEFAULT 0, -- how many were claimed
    revision    INTEGER NOT NULL            -- of all runs: counts the changes of any
) STRICT;

CREATE INDEX backfills_by_revision ON backfills (revision);
CREATE INDEX backfills_by_status ON backfills (status);

CREATE TABLE pairs (
    run_id      TEXT    NOT NULL REFERENCES backfills (id),
    seq         INTEGER NOT NULL,
    node        TEXT    NOT NULL,
    period      TEXT    NOT NULL, -- its name; '' of a node without partitions
    grain       TEXT    NOT NULL,
    start_at    INTEGER,
    end_at      INTEGER,
    wave        INTEGER NOT NULL,
    range       INTEGER NOT NULL,
    executor    TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    needs       TEXT    NOT NULL, -- a JSON list of seqs
    rows        INTEGER NOT NULL,
    status      TEXT    NOT NULL,
    job         TEXT    NOT NULL DEFAULT '',
    attempts    INTEGER NOT NULL DEFAULT 0,
    deaths      INTEGER NOT NULL DEFAULT 0,
    not_before  INTEGER,
    started_at  INTEGER,
    finished_at INTEGER,
    error       TEXT    NOT NULL DEFAULT '',
    log_tail    TEXT    NOT NULL DEFAULT '',
    wrote       INTEGER,
    PRIMARY KEY (run_id, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX pairs_by_node ON pairs (node, period);

CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    as_of   INTEGER NOT NULL,
    client  TEXT    NOT NULL,
    user    TEXT    NOT NULL,
    action  TEXT    NOT NULL,
    plan_id TEXT    NOT NULL,
    run_id  TEXT    NOT NULL,
    detail  TEXT    NOT NULL
) STRICT;

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;

CREATE TRIGGER audit_is_not_shortened BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;

CREATE TRIGGER audit_is_not_replaced BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;

PRAGMA user_version = 5;
