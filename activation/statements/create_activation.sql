-- The user key and the dimensions keep the types that they have in the fact.
create table if not exists {{relation .Activation}} as
select
    {{ident .User}} as user_id,
    cast(null as date) as period,
    cast(null as varchar) as state,
    cast(null as varchar) as from_state,
    cast(null as date) as first_period,
    cast(null as date) as previous_period,
    cast(null as integer) as gap,
    cast(null as integer) as streak,
    cast(null as integer) as active_periods
    {{- range .Dimensions}},
    {{ident .}}
    {{- end}}
from {{relation .Fact}}
limit 0
