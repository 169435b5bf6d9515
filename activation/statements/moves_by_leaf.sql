-- args: first and last period
select period, from_state, to_state, cast(from_dimensions as varchar), cast(dimensions as varchar), users
from {{relation .Transitions}}
where period between cast(? as date) and cast(? as date)
