create or replace view {{relation .FirstLast}} as
with tail as (
    select *, row_number() over (partition by user_id order by period desc) as recency
    from {{relation .Activation}}
    where period > coalesce((select base_until from {{relation .Registry}} where fact = {{text .Name}} and grain = {{text .Grain}}), date '0001-01-01')
)
select user_id, first_period, period as last_period, previous_period, streak, active_periods
    {{- range .Dimensions}}, {{ident .}}{{end}}
from tail
where recency = 1
union all
select user_id, first_period, last_period, previous_period, streak, active_periods
    {{- range .Dimensions}}, {{ident .}}{{end}}
from {{relation .Base}} as base
where not exists (select 1 from tail where tail.user_id = base.user_id)
