-- Folds the activation rows between base_until and a date into the base of FirstLast.
-- args: base_until, the date
create or replace table {{relation .Base}} as
with tail as (
    select *, row_number() over (partition by user_id order by period desc) as recency
    from {{relation .Activation}}
    where period > cast(? as date) and period < cast(? as date)
)
select user_id, first_period, period as last_period, previous_period, streak, active_periods
    {{- range .Dimensions}}, {{ident .}}{{end}}
from tail
where recency = 1
union all
select * from {{relation .Base}} as base
where not exists (select 1 from tail where tail.user_id = base.user_id)
