-- The users whom some upstream relations show in a part of a period, and who are not in the period, by the leaf that is known of them; ''
-- of those of whom nothing is known. Of a relation with a load time only rows count that came at an instant or later.
-- args: of each relation start and end of the part, and the instant where it has a load time; the period
with came as ({{template "came" .}}),
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
{{- define "came"}}
    {{- range $i, $u := .Upstreams}}
    {{if $i}}union
    {{end}}select distinct cast({{ident $u.User}} as varchar) as headwater_user
    from {{relation $u.Upstream}}
    where {{within $u.Time $u.TimeKind $u.ColumnZone}} and {{ident $u.User}} is not null
        {{- if $u.Loaded}} and not ({{earlier $u.Loaded $u.LoadedKind "UTC"}}){{end}}
    {{- end}}
{{end}}
