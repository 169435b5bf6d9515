-- One of a hundred users of the measured day changes: 0.4 % lose their rows, 0.3 % get another country, and 0.3 % are new.
-- variables: day, users
create temp table drawn as
select user_id, hash(user_id, 77) % 1000 as lot
from (select distinct user_id from fact where event_at >= getvariable('day') and event_at < getvariable('day') + 1)
where hash(user_id, 77) % 1000 < 10;

delete from fact
where event_at >= getvariable('day') and event_at < getvariable('day') + 1 and user_id in (select user_id from drawn where lot < 4);

update fact
set country = case country when 'US' then 'BR' else 'US' end
where event_at >= getvariable('day') and event_at < getvariable('day') + 1 and user_id in (select user_id from drawn where lot between 4 and 6);

insert into fact
select getvariable('users') + user_id, getvariable('day') + to_seconds(user_id % 86400), 'DE', 'web' from drawn where lot > 6;

checkpoint;
