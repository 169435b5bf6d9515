-- args: definition, built_at, run
insert into {{relation .Periods}}
select
    calendar.period,
    coalesce(sum(moved.users) filter (moved.to_state <> 'inactive'), 0),
    coalesce(sum(moved.users), 0),
    coalesce((select sum(fact_rows) from headwater_scan as scan where scan.user_id is null and scan.period = calendar.period), 0),
    ?, cast(? as timestamp), ?
from headwater_calendar as calendar
left join {{relation .Transitions}} as moved on moved.period = calendar.period
group by calendar.period
