create or replace view {{relation .Status}} as
with built as (select max(period) as period from {{relation .Periods}})
select
    user_id,
    built.period,
    case
        when last_period < built.period then 'inactive'
        when active_periods = 1 then 'new'
        when streak > 1 then 'retained'
        else 'reactivated'
    end as state,
    cast(nullif({{$.Index "built.period"}} - {{$.Index "last_period"}}, 0) as integer) as inactive_for,
    first_period, last_period, streak, active_periods
    {{- range .Dimensions}}, {{ident .}}{{end}}
from {{relation .FirstLast}}, built
