-- Who stays inactive follows from the other differences, as in insert_inactive_transitions.
insert into headwater_delta
with moves as (
    select dimensions as leaf, period, users as change, users as churned from headwater_delta where to_state = 'inactive'
    union all
    select from_dimensions, period, -users, 0 from headwater_delta where to_state = 'reactivated'
),
by_period as (
    select leaf, period, sum(change) as change, sum(churned) as churned from moves group by leaf, period
),
grid as (
    select leaves.leaf, calendar.period
    from (select leaf, min(period) as since from moves group by leaf) as leaves
    inner join headwater_calendar as calendar on calendar.period >= leaves.since
),
running as (
    select
        grid.leaf, grid.period,
        sum(coalesce(step.change, 0)) over (partition by grid.leaf order by grid.period) - coalesce(step.churned, 0) as users
    from grid
    left join by_period as step on step.leaf = grid.leaf and step.period = grid.period
)
select period, 'inactive', 'inactive', leaf, leaf, cast(users as bigint)
from running
where users <> 0
