-- What the source held of each period when it was last read: another fingerprint today means that the period has changed.
create table if not exists {{relation .Reads}} (period date not null, fact_rows bigint not null, fingerprint varchar not null)
