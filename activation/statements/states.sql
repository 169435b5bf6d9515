-- Every user's active periods in the range, chained to what came before. A run of consecutive periods has one value of
-- idx - n; it continues the streak before the range exactly when that value is the index of the last period before it.
create or replace temp table headwater_states as
with ordered as (
    select
        scan.user_id, scan.period, {{$.Index "scan.period"}} as idx,
        row_number() over by_user as n,
        prior.first_period as prior_first, prior.last_period as prior_last, {{$.Index "prior.last_period"}} as prior_idx,
        prior.streak as prior_streak, prior.active_periods as prior_active,
        {{- range $i, $d := .Dimensions}}
        {{latest_at "scan.leaf" $i}} as d{{$i}}, prior.d{{$i}} as p{{$i}}, lag({{latest_at "scan.leaf" $i}}) over by_user as l{{$i}},
        {{- end}}
        lag(scan.period) over by_user as lag_period,
        first_value(scan.period) over by_user as first_in_range
    from headwater_scan as scan
    left join headwater_prior as prior on prior.user_id = scan.user_id
    where scan.user_id is not null
    window by_user as (partition by scan.user_id order by scan.period)
),
chained as (
    select
        *,
        coalesce(prior_first, first_in_range) as first_period,
        coalesce(lag_period, prior_last) as previous_period,
        idx - coalesce({{$.Index "lag_period"}}, prior_idx) as gap,
        lead(idx) over (partition by user_id order by idx) as next_idx,
        row_number() over (partition by user_id, idx - n order by idx)
            + case when idx - n = prior_idx then prior_streak else 0 end as streak,
        n + coalesce(prior_active, 0) as active_periods
    from ordered
)
select
    user_id, period, idx, next_idx,
    case when previous_period is null then 'new' when gap = 1 then 'retained' else 'reactivated' end as state,
    case
        when previous_period is null then 'none'
        when gap > 1 then 'inactive'
        when streak > 2 then 'retained'
        when active_periods = 2 then 'new'
        else 'reactivated'
    end as from_state,
    first_period, previous_period, gap, streak, active_periods
    {{- range $i, $d := .Dimensions}}, d{{$i}}, case when n = 1 then p{{$i}} else l{{$i}} end as f{{$i}}{{end}}
from chained
