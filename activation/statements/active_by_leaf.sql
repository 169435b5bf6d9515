-- Active users by their leaf: what a slice of DAU is made of.
-- args: first and last period
select period, cast(dimensions as varchar), users
from {{relation .Transitions}}
where period between cast(? as date) and cast(? as date) and to_state <> 'inactive'
