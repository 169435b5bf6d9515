-- args: definition, built_at, run
insert into {{relation .Periods}}
with nobody as (select period, sum(fact_rows) as fact_rows from headwater_nobody group by period)
select
    calendar.period,
    coalesce(sum(case when moved.to_state <> 'inactive' then moved.users end), 0),
    coalesce(sum(moved.users), 0),
    coalesce(max(nobody.fact_rows), 0),
    ?, cast(? as timestamp), ?
from headwater_calendar as calendar
left join {{relation .Transitions}} as moved on moved.period = calendar.period
left join nobody on nobody.period = calendar.period
group by calendar.period
