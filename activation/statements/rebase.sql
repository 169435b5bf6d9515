-- Folds the activation rows between base_until and a date into the base of FirstLast.
-- args: base_until, the date, and both again
create or replace table {{relation .Base}} as
with latest as (
    select user_id, max(period) as period
    from {{relation .Activation}}
    where period > cast(? as date) and period < cast(? as date)
    group by user_id
)
select
    activation.user_id, first_period, activation.period as last_period, previous_period, streak, active_periods
    {{- range .Dimensions}}, activation.{{ident .}}{{end}}
from {{relation .Activation}} as activation
inner join latest on latest.user_id = activation.user_id and latest.period = activation.period
where activation.period > cast(? as date) and activation.period < cast(? as date)
union all
select * from {{relation .Base}} as base
where not exists (select 1 from latest where latest.user_id = base.user_id)
