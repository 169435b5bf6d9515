-- What our own builds say beside what dbt's runs say.
ALTER TABLE batches ADD COLUMN rows INTEGER;                       -- how many it wrote; NULL where the run does not say
ALTER TABLE batches ADD COLUMN checked INTEGER NOT NULL DEFAULT 0; -- 1: it was compared with its source and left as it was
ALTER TABLE results ADD COLUMN code TEXT NOT NULL DEFAULT '';      -- what it was built by; '' where the run does not say

PRAGMA user_version = 4;
