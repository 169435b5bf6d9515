-- Who stays inactive follows from the counts as well:
-- inactive(p) = inactive(p-1) + churned(p) - reactivated(p) by the leaf they come from.
-- args: {{if .Seeded}}date of the period before the range{{end}}
insert into headwater_moves
with moves as (
    select dimensions as leaf, period, users as change, users as churned from headwater_moves where to_state = 'inactive'
    union all
    select from_dimensions, period, -users, 0 from headwater_moves where to_state = 'reactivated'
    {{- if .Seeded}}
    union all
    select dimensions, (select min(period) from headwater_calendar), users, 0
    from {{relation .Transitions}}
    where period = cast(? as date) and to_state = 'inactive'
    {{- end}}
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
        sum(coalesce(by_period.change, 0)) over (partition by grid.leaf order by grid.period) - coalesce(by_period.churned, 0) as users
    from grid
    left join by_period on by_period.leaf = grid.leaf and by_period.period = grid.period
)
select period, 'inactive', 'inactive', leaf, leaf, cast(users as bigint)
from running
where users <> 0
