-- Every user's active periods, chained to what came before. A run of consecutive periods has one value of idx - n; it continues
-- the streak before the range exactly when that value is the index of the last period before it.
-- args: {{if eq .Activity "restated"}}last period of the range{{end}}
create or replace temp table {{if eq .Activity "before"}}headwater_states_before{{else}}headwater_states{{end}} as
with activity as (
    {{- if eq .Activity "before"}}
    select * from headwater_before
    {{- else}}
    select user_id, period{{range $i, $d := .Dimensions}}, {{latest_at "leaf" $i}} as d{{$i}}{{end}}
    from headwater_scan
    where {{if .Changed}}user_id in (select user_id from headwater_changed){{else}}user_id is not null{{end}}
    {{- end}}
    {{- if eq .Activity "restated"}}
    union all
    select * from headwater_before where period > cast(? as date)
    {{- end}}
),
ordered as (
    select
        activity.user_id, activity.period, {{$.Index "activity.period"}} as idx,
        row_number() over by_user as n,
        prior.first_period as prior_first, prior.last_period as prior_last, {{$.Index "prior.last_period"}} as prior_idx,
        prior.streak as prior_streak, prior.active_periods as prior_active,
        {{- range $i, $d := .Dimensions}}
        activity.d{{$i}}, prior.d{{$i}} as p{{$i}}, lag(activity.d{{$i}}) over by_user as l{{$i}},
        {{- end}}
        lag(activity.period) over by_user as lag_period,
        first_value(activity.period) over by_user as first_in_range
    from activity
    left join headwater_prior as prior on prior.user_id = activity.user_id
    window by_user as (partition by activity.user_id order by activity.period)
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
