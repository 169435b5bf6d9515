-- args: start of the range
delete from {{relation .Transitions}} as counted
where period >= cast(? as date) and exists (
    select 1 from headwater_delta as delta
    where delta.period = counted.period and delta.from_state = counted.from_state and delta.to_state = counted.to_state
        and delta.from_dimensions is not distinct from counted.from_dimensions and delta.dimensions = counted.dimensions)
