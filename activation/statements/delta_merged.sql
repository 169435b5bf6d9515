-- The rows of the transitions that change, as they have to be.
-- args: start of the range
create or replace temp table headwater_merged as
select period, from_state, to_state, from_dimensions, dimensions, cast(sum(users) as bigint) as users
from (
    select period, from_state, to_state, from_dimensions, dimensions, users
    from {{relation .Transitions}} as counted
    where period >= cast(? as date) and exists (
        select 1 from headwater_delta as delta
        where delta.period = counted.period and delta.from_state = counted.from_state and delta.to_state = counted.to_state
            and delta.from_dimensions is not distinct from counted.from_dimensions and delta.dimensions = counted.dimensions)
    union all
    select period, from_state, to_state, from_dimensions, dimensions, users
    from headwater_delta
) as both_sides
group by period, from_state, to_state, from_dimensions, dimensions
having sum(users) <> 0
