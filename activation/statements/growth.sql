-- The active days of the range: of which of the four active growth states each is, and when its user is active next. What
-- becomes of a user until then follows from the number of days alone.
-- args: greatest gap of current, greatest gap of reactivated, first and last period
with sliced as (
    select
        period,
        case when gap is null then 'new' when gap <= ? then 'current' when gap <= ? then 'reactivated' else 'resurrected' end as kind,
        lead(period) over (partition by user_id order by period) as next_period
        {{- range $i, $d := .Dimensions}}, {{ident $d}} as d{{$i}}{{end}}
    from {{relation .Activation}}
    where period between cast(? as date) and cast(? as date)
)
select period, kind, next_period, cast({{json_leaf .Dimensions "d"}} as varchar), count(*)
from sliced
group by period, kind, next_period{{range $i, $d := .Dimensions}}, d{{$i}}{{end}}
