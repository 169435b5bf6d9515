-- Transitions from active to inactive follow from the counts alone: whoever was active one period earlier and is not retained. So
-- they cost leaves, not users.
-- args: {{if .Seeded}}date of the period before the range{{end}}
insert into headwater_moves
with present as (
    select period, to_state as state, dimensions as leaf, users from headwater_moves
    {{- if .Seeded}}
    union all
    select period, to_state, dimensions, users
    from {{relation .Transitions}}
    where period = cast(? as date) and to_state <> 'inactive'
    {{- end}}
),
gone as (
    select calendar.period, present.state, present.leaf, present.users
    from present
    inner join headwater_calendar as calendar on calendar.previous = present.period
    union all
    select period, from_state, from_dimensions, -users from headwater_moves where to_state = 'retained'
)
select period, state, 'inactive', leaf, leaf, cast(sum(users) as bigint)
from gone
group by period, state, leaf
having sum(users) <> 0
