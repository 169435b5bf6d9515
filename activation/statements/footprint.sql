-- The users of a period whom an upstream relation shows in one part of it and in no other, by leaf. Users are compared as text: a key
-- may be a number upstream.
-- args: start and end of the part, start and end of the period, the period
with seen as (
    select
        cast({{ident .User}} as varchar) as headwater_user,
        min(case when {{within .Time .TimeKind .ColumnZone}} then 1 else 0 end) as headwater_only
    from {{relation .Upstream}}
    where {{within .Time .TimeKind .ColumnZone}} and {{ident .User}} is not null
    group by 1
),
{{template "only" .}}
{{- define "only"}}present as (
    select cast(user_id as varchar) as headwater_user{{range $i, $d := .Dimensions}}, {{ident $d}} as d{{$i}}{{end}}
    from {{relation .Activation}}
    where period = cast(? as date)
)
select cast({{json_leaf .Dimensions "present.d"}} as varchar), count(*)
from seen
inner join present on present.headwater_user = seen.headwater_user
where seen.headwater_only = 1
group by 1
{{- end}}
