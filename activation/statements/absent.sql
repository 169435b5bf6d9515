-- The users whose rows of a part of a period came to an upstream relation at an instant or later, and who are not in the period, by the
-- leaf that is known of them; '' of those of whom nothing is known.
-- args: start and end of the part, the instant, the period
with came as (
    select distinct cast({{ident .User}} as varchar) as headwater_user
    from {{relation .Upstream}}
    where {{within .Time .TimeKind .ColumnZone}} and {{ident .User}} is not null and not ({{earlier .Loaded .LoadedKind "UTC"}})
),
known as (
    select cast(user_id as varchar) as headwater_user{{range $i, $d := .Dimensions}}, {{ident $d}} as d{{$i}}{{end}}
    from {{relation .FirstLast}}
)
select
    case when known.headwater_user is null then '' else cast({{json_leaf .Dimensions "known.d"}} as varchar) end,
    count(*)
from came
left join known on known.headwater_user = came.headwater_user
where came.headwater_user not in (select cast(user_id as varchar) from {{relation .Activation}} where period = cast(? as date))
group by 1
