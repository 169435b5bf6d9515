-- args: definition, built_at, run
insert into {{relation .Periods}}
with nobody as (select period, sum(fact_rows) as fact_rows from headwater_nobody group by period)
select
    calendar.period,
    coalesce(sum(case when moves.to_state <> 'inactive' then moves.users end), 0),
    coalesce(sum(moves.users), 0),
    coalesce(max(nobody.fact_rows), 0),
    ?, cast(? as timestamp), ?
from headwater_calendar as calendar
left join headwater_moves as moves on moves.period = calendar.period
left join nobody on nobody.period = calendar.period
group by calendar.period
