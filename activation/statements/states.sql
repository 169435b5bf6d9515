-- Every user's active periods, chained to what came before them. Of a run of consecutive periods idx - n stays the same, n being a
-- row's number among its user's; the first run goes on from before the range where that is the index of the period last active then.
-- args: {{if eq .Activity "restated"}}last period of the range{{end}}
create or replace temp table {{if eq .Activity "before"}}headwater_states_before{{else}}headwater_states{{end}} as
with activity as (
    {{- if ne .Activity "before"}}
    select user_id, period, leaf
    from headwater_scan
    where {{if .Changed}}user_id in (select user_id from headwater_changed){{else}}user_id is not null{{end}}
    {{- end}}
    {{- if eq .Activity "restated"}}
    union all
    {{- end}}
    {{- if ne .Activity "scanned"}}
    select before.user_id, before.period, leaves.leaf
    from headwater_before as before
    inner join headwater_leaves as leaves on {{.SameLeaf "leaves" "before"}}
    {{- if eq .Activity "restated"}}
    where before.period > cast(? as date)
    {{- end}}
    {{- end}}
),
ordered as (
    select
        user_id, period, leaf, {{$.Index "period"}} as idx,
        row_number() over by_user as n,
        lag(period) over by_user as earlier,
        lag(leaf) over by_user as earlier_leaf,
        first_value(period) over by_user as first_in_range
    from activity
    window by_user as (partition by user_id order by period)
),
runs as (
    select
        *,
        idx - {{$.Index "earlier"}} as step,
        max(case when earlier is null or idx - {{$.Index "earlier"}} > 1 then n end)
            over (partition by user_id order by period rows unbounded preceding) as run_start
    from ordered
)
{{- if .Fresh}}
select
    user_id, period, first_in_range as first_period, earlier as previous_period,
    cast(step as integer) as gap, cast(n - run_start + 1 as integer) as streak, cast(n as integer) as active_periods,
    leaf, earlier_leaf as from_leaf
from runs
{{- else}},
prior as (
    select prior.*, leaves.leaf, {{$.Index "last_period"}} as idx
    from headwater_prior as prior
    inner join headwater_leaves as leaves on {{.SameLeaf "leaves" "prior"}}
)
select
    runs.user_id, runs.period,
    coalesce(prior.first_period, first_in_range) as first_period, coalesce(earlier, prior.last_period) as previous_period,
    cast(coalesce(step, runs.idx - prior.idx) as integer) as gap,
    cast(n - run_start + 1 + case when runs.idx - n = prior.idx then prior.streak else 0 end as integer) as streak,
    cast(n + coalesce(prior.active_periods, 0) as integer) as active_periods,
    runs.leaf, coalesce(earlier_leaf, prior.leaf) as from_leaf
from runs
left join prior on prior.user_id = runs.user_id
{{- end}}
