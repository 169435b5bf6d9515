-- What was seen of partitions: a row where the content of one changed, and a row a look. An instant is when the question was asked.

DROP TABLE observations; -- nothing was ever kept in it

CREATE TABLE series (
    id        INTEGER PRIMARY KEY,
    node_id   TEXT NOT NULL,
    relation  TEXT NOT NULL,
    grain     TEXT NOT NULL, -- '' is the whole relation
    calendar  TEXT NOT NULL,
    UNIQUE (node_id, relation, grain, calendar)
) STRICT;

CREATE TABLE versions (
    series      INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
    period      TEXT    NOT NULL, -- its name; '' of a whole relation
    as_of       INTEGER NOT NULL, -- of the look that saw it first
    rows        INTEGER NOT NULL,
    fingerprint TEXT    NOT NULL,
    PRIMARY KEY (series, period, as_of)
) STRICT, WITHOUT ROWID;

CREATE TABLE looks (
    series  INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
    first   TEXT    NOT NULL,
    last    TEXT    NOT NULL,
    as_of   INTEGER NOT NULL,
    seen_at INTEGER NOT NULL, -- wall time
    PRIMARY KEY (series, first, last, as_of)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 3;
