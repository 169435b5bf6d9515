-- The rows of every partition in a range, in one scan. {{if .Bounds}}One more row, without a period, has the earliest and the latest
-- time of the whole relation.{{end}}
-- An hour is counted by its number, other periods by their start date.
-- args: start and end of the range
with {{if .Hours}}timed as (
    select
        {{seconds_since .Time .TimeKind .ColumnZone .From}} as headwater_seconds
        {{- range $i, $k := .Key}}, {{ident $k}} as headwater_k{{$i}}{{end}}
    from {{relation .Relation}}
    where {{within .Time .TimeKind .ColumnZone}}
),
placed as (
    select
        case
        {{- range .Hours}}
            when headwater_seconds < {{.End}} then {{.Index}} + least({{quotient (printf "(headwater_seconds - %d)" .Start) 3600}}, {{.More}})
        {{- end}}
        end as headwater_period
        {{- range $i, $k := .Key}}, headwater_k{{$i}}{{end}}
    from timed
){{else}}placed as (
    select
        {{trunc .Grain .WeekStart (local_date .Time .TimeKind .ColumnZone .Zone)}} as headwater_period
        {{- range $i, $k := .Key}}, {{ident $k}} as headwater_k{{$i}}{{end}}
    from {{relation .Relation}}
    where {{within .Time .TimeKind .ColumnZone}}
)
{{- end}}
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
    null as headwater_latest
from {{if .Key}}keyed{{else}}placed{{end}}
group by headwater_period
{{- if .Bounds}}
union all
select null, 0, 0, 0, min({{ident .Time}}), max({{ident .Time}}) from {{relation .Relation}}
{{- end}}
