-- The rows of every partition in a range, in one scan. {{if .Bounds}}One more row, without a period, has the earliest and the latest
-- time of the whole relation.{{end}}
-- args: start and end of the range{{if .Content}}, start and end of the periods whose fingerprint is wanted{{end}}
with placed as (
    select
        {{trunc .Grain .WeekStart (local_date .Time .TimeKind .ColumnZone .Zone)}} as headwater_period
        {{- range $i, $k := .Key}}, {{ident $k}} as headwater_k{{$i}}{{end}}
    from {{relation .Relation}}
    where {{within .Time .TimeKind .ColumnZone}}
)
{{- if .Key}},
keyed as (
    select
        headwater_period,
        count(*) as headwater_rows,
        case when {{range $i, $k := .Key}}{{if $i}} and {{end}}headwater_k{{$i}} is not null{{end}} then 1 else 0 end as headwater_has_key
    from placed
    group by headwater_period{{range $i, $k := .Key}}, headwater_k{{$i}}{{end}}
)
{{- end}}
select
    headwater_period,
    {{- if .Key}}
    cast(sum(headwater_rows) as bigint) as headwater_rows,
    cast(sum(headwater_rows * headwater_has_key) as bigint) as headwater_keyed,
    cast(sum(headwater_has_key) as bigint) as headwater_distinct,
    {{- else}}
    count(*) as headwater_rows,
    0 as headwater_keyed,
    0 as headwater_distinct,
    {{- end}}
    null as headwater_earliest,
    null as headwater_latest,
    '' as headwater_fingerprint
from {{if .Key}}keyed{{else}}placed{{end}}
group by headwater_period
{{- if .Content}}
union all
select {{trunc .Grain .WeekStart (local_date .Time .TimeKind .ColumnZone .Zone)}}, 0, 0, 0, null, null, {{fingerprint .Content}}
from {{relation .Relation}}
where {{within .Time .TimeKind .ColumnZone}}
group by 1
{{- end}}
{{- if .Bounds}}
union all
select null, 0, 0, 0, min({{ident .Time}}), max({{ident .Time}}), '' from {{relation .Relation}}
{{- end}}
