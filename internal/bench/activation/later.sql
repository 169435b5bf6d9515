-- A further day of the fact, made of the measured one.
-- variables: day (the measured day), after (how many days later), users (how many keys there are)
insert into fact
select (hash(user_id, event_at, getvariable('after')) % getvariable('users'))::bigint, event_at + to_days(getvariable('after')::integer), country, platform
from fact
where event_at >= getvariable('day') and event_at < getvariable('day') + 1;
checkpoint;
