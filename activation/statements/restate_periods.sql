-- The built periods from the range on, as they have to be. Those of the range were read again; of later ones only the count of
-- known users can have moved. A period of the range that was not built yet comes in.
-- args: last period of the range, definition, built_at, run
create or replace temp table headwater_restated as
with moved as (
    select period, sum(users) as known, sum(case when to_state <> 'inactive' then users else 0 end) as active
    from headwater_moves
    group by period
),
nobody as (
    select period, sum(fact_rows) as fact_rows from headwater_nobody group by period
),
counted as (
    select
        calendar.period,
        coalesce(built.active, 0) + coalesce(moved.active, 0) as active,
        coalesce(built.known, 0) + coalesce(moved.known, 0) as known,
        coalesce(nobody.fact_rows, 0) as read_rows,
        built.null_user_rows, built.definition, built.built_at, built.run
    from headwater_calendar as calendar
    left join {{relation .Periods}} as built on built.period = calendar.period
    left join moved on moved.period = calendar.period
    left join nobody on nobody.period = calendar.period
),
bounds as (
    select cast(? as date) as last_read, cast(? as varchar) as definition, cast(? as timestamp) as built_at, cast(? as varchar) as run
)
select
    period, cast(active as bigint) as active, cast(known as bigint) as known,
    cast(case when period <= last_read then read_rows else null_user_rows end as bigint) as null_user_rows,
    case when period <= last_read then bounds.definition else counted.definition end as definition,
    case when period <= last_read then bounds.built_at else counted.built_at end as built_at,
    case when period <= last_read then bounds.run else counted.run end as run
from counted
cross join bounds
