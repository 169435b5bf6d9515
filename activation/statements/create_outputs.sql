-- One row per fact and grain: what its tables were written with. first_last is complete in its base up to base_until.
create table if not exists {{relation .Registry}} (
    fact varchar not null, grain varchar not null, version integer not null, definition varchar not null, base_until date)
