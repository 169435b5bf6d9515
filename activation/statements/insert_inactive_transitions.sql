-- Who stays inactive follows from the counts alone, so it costs leaves, not users:
-- inactive(p) = inactive(p-1) + churned(p) - reactivated(p) by the leaf they come from.
-- args: date of the period before the range
insert into {{relation .Transitions}}
with moves as (
    select dimensions as leaf, cast(null as date) as period, users as change, 0 as churned
    from {{relation .Transitions}}
    where period = cast(? as date) and to_state = 'inactive'
    union all
    select dimensions, period, users, users
    from {{relation .Transitions}}
    where period in (select period from headwater_calendar) and to_state = 'inactive'
    union all
    select from_dimensions, period, -users, 0
    from {{relation .Transitions}}
    where period in (select period from headwater_calendar) and to_state = 'reactivated'
),
grid as (
    select leaves.leaf, calendar.period
    from (select distinct leaf from moves) as leaves, headwater_calendar as calendar
),
by_period as (
    select leaf, period, sum(change) as change, sum(churned) as churned from moves group by leaf, period
),
running as (
    select
        grid.leaf, grid.period,
        coalesce(start.change, 0) + sum(coalesce(step.change, 0)) over (partition by grid.leaf order by grid.period)
            - coalesce(step.churned, 0) as users
    from grid
    left join by_period as step on step.leaf = grid.leaf and step.period = grid.period
    left join by_period as start on start.leaf = grid.leaf and start.period is null
)
select period, 'inactive', 'inactive', leaf, leaf, users
from running
where users > 0
