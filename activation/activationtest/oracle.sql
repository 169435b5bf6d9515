-- A full recompute of the outputs, written apart from the engine: a grid of every user and every period, in which states follow from
-- lag and running aggregates. Costs users times periods; meant for small facts. The test replaces the words in capitals.
create or replace temp table o_rows as
select USERCOL as user_id, LABEL as period, TIMECOL as happened, DIMS
from FACT
where USERCOL is not null;

create or replace temp table o_periods as
select cast(p as date) as period, row_number() over (order by p) as i
from (select unnest(generate_series(timestamp 'FIRST', timestamp 'LAST', interval 1 GRAIN)) as p)
where p <> SKIPPED;

create or replace temp table o_last as
select distinct on (user_id, period) user_id, period, json_object(LEAF) as leaf, DIMS
from o_rows
where period between date 'FIRST' and date 'LAST'
order by user_id, period, happened desc, ORDERDIMS;

create or replace temp table o_grid as
with users as (select user_id, min(period) as first_period from o_last group by user_id),
grid as (
    select users.user_id, users.first_period, p.period, p.i, l.period is not null as is_active, l.leaf
    from users
    cross join o_periods as p
    left join o_last as l on l.user_id = users.user_id and l.period = p.period
    where p.period >= users.first_period
)
select
    *,
    max(case when is_active then i end) over before as previous_i,
    max(case when is_active then period end) over before as previous_period,
    last_value(leaf ignore nulls) over before as from_leaf,
    last_value(leaf ignore nulls) over upto as current_leaf,
    count(*) filter (where is_active) over upto as active_periods,
    max(case when not is_active then i end) over upto as last_gap_i
from grid
window
    before as (partition by user_id order by i rows between unbounded preceding and 1 preceding),
    upto as (partition by user_id order by i rows between unbounded preceding and current row);

create or replace temp table o_states as
with named as (
    select *,
        case
            when not is_active then 'inactive'
            when period = first_period then 'new'
            when previous_i = i - 1 then 'retained'
            else 'reactivated'
        end as state
    from o_grid
)
select *,
    coalesce(lag(state) over (partition by user_id order by i), 'none') as from_state,
    i - coalesce(last_gap_i, (select min(g.i) from o_grid as g where g.user_id = named.user_id) - 1) as streak
from named;

create or replace temp table o_activation as
select s.user_id, s.period, s.state, s.from_state, s.first_period, s.previous_period, i - previous_i as gap, s.streak, s.active_periods, l.leaf
from o_states as s
inner join o_last as l on l.user_id = s.user_id and l.period = s.period
where s.is_active;

create or replace temp table o_transitions as
select period, from_state, state as to_state,
    case when from_state = 'none' then null else from_leaf end as from_dimensions, current_leaf as dimensions, count(*) as users
from o_states
group by all;

create or replace temp table o_first_last as
select user_id, first_period, period as last_period, previous_period, streak, active_periods, leaf
from o_activation
qualify row_number() over (partition by user_id order by period desc) = 1;

create or replace temp table o_status as
select s.user_id, s.period, s.state, case when s.is_active then null else s.i - s.previous_i end as inactive_for,
    f.first_period, f.last_period, f.streak, f.active_periods, f.leaf
from o_states as s
inner join o_first_last as f on f.user_id = s.user_id
where s.period = date 'LAST';

create or replace temp table o_counts as
select p.period,
    (select count(*) from o_states as s where s.period = p.period and is_active) as active,
    (select count(*) from o_states as s where s.period = p.period) as known,
    (select count(*) from FACT where USERCOL is null and LABEL = p.period) as null_user_rows
from o_periods as p;
