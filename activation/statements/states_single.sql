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
        scan.user_id, scan.period, prior.first_period, prior.last_period, prior.streak, prior.active_periods, scan.leaf, leaves.leaf as from_leaf,
        {{$.Index "scan.period"}} - {{$.Index "prior.last_period"}} as gap
    from headwater_scan as scan
    left join prior on prior.user_id = scan.user_id
    left join headwater_leaves as leaves on {{.SameLeaf "leaves" "prior"}}
    where scan.user_id is not null
)
select
    user_id, period, coalesce(first_period, period) as first_period, last_period as previous_period, cast(gap as integer) as gap,
    cast(case when gap = 1 then streak + 1 else 1 end as integer) as streak,
    cast(coalesce(active_periods, 0) + 1 as integer) as active_periods,
    leaf, from_leaf
from chained
