-- Puts `known` into the tables that a build up to the day before the measured one has left, in place of what is in them, as if the engine had followed these users all along: FirstLast's base
-- complete up to the day before the measured one, and an activation table with each user's last row and so many rows on each
-- earlier day. Only rows before the last nine days are made up; nothing reads them but to step over them.
-- variables: first (date of the first day of history), until (its last), filler (rows on each day before the last nine)
truncate activation.visit_activation_daily;
truncate activation.visit_transitions_daily;
truncate activation.visit_headwater_base_daily;
update activation.headwater_outputs set base_until = getvariable('until');

insert into activation.visit_headwater_base_daily by name
select user_id, first_period, last_period, previous_period, streak, active_periods, country, platform
from known;

insert into activation.visit_activation_daily by name
with numbered as (
    select i // getvariable('filler') as n, i % getvariable('filler') as k
    from range((getvariable('until') - 8 - getvariable('first')) * getvariable('filler')) as r(i)
)
select
    (k * 7919 + n * 104729) % (select count(*) from known) as user_id,
    getvariable('first') + n::integer as period,
    'reactivated' as state, 'inactive' as from_state,
    getvariable('first') as first_period,
    getvariable('first') + n::integer - 3 as previous_period,
    3 as gap, 1 as streak, (5 + hash(k, n) % 50)::integer as active_periods,
    ['US','BR','DE','IN','JP','GB','FR','MX'][1 + (hash(k, 3) % 8)::integer] as country,
    ['ios','android','web'][1 + (hash(k, 4) % 3)::integer] as platform
from numbered;

insert into activation.visit_activation_daily by name
select
    user_id, last_period as period,
    case when active_periods = 1 then 'new' else 'reactivated' end as state,
    case when active_periods = 1 then 'none' else 'inactive' end as from_state,
    first_period, previous_period, cast(null as integer) as gap, streak, active_periods, country, platform
from known
order by last_period;

-- As many leaves and moves as real days have, and on the last day the true counts.
create temp table leaves as select distinct json_object('country', country, 'platform', platform) as leaf from known;

insert into activation.visit_transitions_daily by name
with moves as (
    select from_state, to_state, false as crosses
    from (values ('none', 'new'), ('new', 'inactive'), ('retained', 'inactive'), ('reactivated', 'inactive'), ('inactive', 'inactive')) as t(from_state, to_state)
    union all
    select from_state, to_state, true
    from (values ('new', 'retained'), ('retained', 'retained'), ('reactivated', 'retained'), ('inactive', 'reactivated')) as t(from_state, to_state)
)
select
    getvariable('first') + d::integer as period, from_state, to_state,
    case when from_state <> 'none' then here.leaf end as from_dimensions, there.leaf as dimensions, 10 as users
from range(getvariable('until') - getvariable('first')) as days(d)
cross join moves
cross join leaves as here
inner join leaves as there on crosses or there.leaf = here.leaf
order by period;

insert into activation.visit_transitions_daily by name
select
    getvariable('until') as period,
    case when last_period < getvariable('until') then 'inactive' when active_periods = 1 then 'none' else 'inactive' end as from_state,
    case when last_period < getvariable('until') then 'inactive' when active_periods = 1 then 'new' else 'reactivated' end as to_state,
    case when last_period < getvariable('until') or active_periods > 1
        then json_object('country', country, 'platform', platform) end as from_dimensions,
    json_object('country', country, 'platform', platform) as dimensions,
    count(*) as users
from known
group by all;

update activation.visit_periods_daily as built
set active = counted.active, known = (select count(*) from known)
from (select period, count(*) as active from activation.visit_activation_daily group by period) as counted
where counted.period = built.period;

drop table known;
checkpoint;
