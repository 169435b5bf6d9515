-- The rows of the transitions that change, as they have to be.
-- args: start of the range
create or replace temp table headwater_merged as
select period, from_state, to_state, from_dimensions, dimensions, cast(sum(users) as bigint) as users
from (
    select period, from_state, to_state, from_dimensions, dimensions, users
    from {{relation .Transitions}} as counted
    where period >= cast(? as date) and exists (select 1 from headwater_moves as moves where {{.SameMove "moves" "counted"}})
    union all
    select period, from_state, to_state, from_dimensions, dimensions, users
    from headwater_moves
) as both_sides
group by period, from_state, to_state, from_dimensions, dimensions
having sum(users) <> 0
