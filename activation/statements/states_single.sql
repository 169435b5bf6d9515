-- states for a range of one period: no user has two rows, so nothing has to be ordered, and FirstLast is joined as it is read.
-- args: base_until, start of the range
create or replace temp table headwater_states as
with tail as (
    select *, row_number() over (partition by user_id order by period desc) as recency
    from {{relation .Activation}}
    where period > cast(? as date) and period < cast(? as date) and user_id in (select user_id from headwater_scan)
),
prior as (
    select user_id, first_period, period as last_period, streak, active_periods
        {{- range $i, $d := .Dimensions}}, {{ident $d}} as d{{$i}}{{end}}
    from tail
    where recency = 1
    union all
    select user_id, first_period, last_period, streak, active_periods
        {{- range $i, $d := .Dimensions}}, {{ident $d}} as d{{$i}}{{end}}
    from {{relation .Base}} as base
    where not exists (select 1 from tail where tail.user_id = base.user_id)
),
chained as (
    select
        scan.user_id, scan.period, {{$.Index "scan.period"}} as idx,
        coalesce(prior.first_period, scan.period) as first_period, prior.last_period as previous_period,
        {{$.Index "scan.period"}} - {{$.Index "prior.last_period"}} as gap,
        coalesce(prior.streak, 0) as prior_streak, coalesce(prior.active_periods, 0) + 1 as active_periods
        {{- range $i, $d := .Dimensions}}, {{latest_at "scan.leaf" $i}} as d{{$i}}, prior.d{{$i}} as f{{$i}}{{end}}
    from headwater_scan as scan
    left join prior on prior.user_id = scan.user_id
    where scan.user_id is not null
)
select
    user_id, period, idx, cast(null as bigint) as next_idx,
    case when previous_period is null then 'new' when gap = 1 then 'retained' else 'reactivated' end as state,
    case
        when previous_period is null then 'none'
        when gap > 1 then 'inactive'
        when prior_streak > 1 then 'retained'
        when active_periods = 2 then 'new'
        else 'reactivated'
    end as from_state,
    first_period, previous_period, gap, case when gap = 1 then prior_streak + 1 else 1 end as streak, active_periods
    {{- range $i, $d := .Dimensions}}, d{{$i}}, f{{$i}}{{end}}
from chained
