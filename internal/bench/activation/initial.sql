-- A fact of many days, in the order of its days.
-- variables: begin (its first day), days, daily (rows a day), users (how many keys there are)
create or replace table fact as
select (hash(i, 1) % getvariable('users'))::bigint as user_id,
       getvariable('begin') + to_days((i // getvariable('daily'))::integer) + to_microseconds((hash(i, 2) % 86400000000)::bigint) as event_at,
       ['US','BR','DE','IN','JP','GB','FR','MX'][1 + (hash(i, 3) % 8)::int] as country,
       ['ios','android','web'][1 + (hash(i, 4) % 3)::int] as platform
from range(getvariable('days') * getvariable('daily')) r(i);
checkpoint;
