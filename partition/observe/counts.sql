-- The rows of every partition in a range. {{if .Bounds}}One more row, without a period, is of the whole relation: how many rows have
-- no time{{if .Ahead}}, how many lie in periods that have not begun,{{end}} and the earliest and the latest time{{if .Ahead}} of the others{{end}}.{{end}}{{if .Loaded}} Further rows have when a period's rows were loaded,{{end}}{{if .Content}} or their fingerprint.{{end}}
-- An hour is counted by its number, other periods by their start date.
-- args: start and end of the range{{if .Loaded}}, the same again{{end}}{{if .Content}}, start and end of the periods whose fingerprint is wanted{{end}}{{if and .Bounds .Ahead}}, where the periods
-- begin that have not begun, twice{{end}}
with placed as (
    select
        {{template "place" .}} as headwater_period
        {{- range $i, $k := .Key}}, {{ident $k}} as headwater_k{{$i}}{{end}}
    from {{template "rows" .}}
)
{{- if .Loaded}},
loads as (
    select {{template "place" .}} as headwater_period, {{ident .Loaded}} as headwater_loaded
    from {{template "rows" .}}
    group by 1, 2
),
waves as (
    select
        headwater_period, headwater_loaded,
        lag(headwater_loaded) over (partition by headwater_period order by headwater_loaded) as headwater_before
    from loads
    where headwater_loaded is not null
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
    null as headwater_latest,
    '' as headwater_fingerprint,
    null as headwater_loaded,
    0 as headwater_waves
from {{if .Key}}keyed{{else}}placed{{end}}
group by headwater_period
{{- if .Loaded}}
union all
select
    headwater_period, 0, 0, 0, null, null, '', max(headwater_loaded),
    cast(sum(case when headwater_loaded <= {{minutes_after "headwater_before" 10}} then 0 else 1 end) as bigint)
from waves
group by headwater_period
{{- end}}
{{- if .Content}}
union all
select {{template "place" .}}, 0, 0, 0, null, null, {{fingerprint .Content}}, null, 0
from {{template "rows" .}}
group by 1
{{- end}}
{{- if .Bounds}}
union all
select
    null, count(*) - count({{ident .Time}}),
    {{- if .Ahead}}
    coalesce(cast(sum(case when {{earlier .Time .TimeKind .ColumnZone}} then 0 when {{ident .Time}} is null then 0 else 1 end) as bigint), 0), 0,
    min({{ident .Time}}), max(case when {{earlier .Time .TimeKind .ColumnZone}} then {{ident .Time}} end),
    {{- else}}
    0, 0, min({{ident .Time}}), max({{ident .Time}}),
    {{- end}}
    '', null, 0
from {{relation .Relation}}
{{- end}}
{{- define "rows"}}
{{- if .Hours -}}
(
        select *, {{seconds_since .Time .TimeKind .ColumnZone .From}} as headwater_seconds
        from {{relation .Relation}}
        where {{within .Time .TimeKind .ColumnZone}}
    ) as timed
{{- else -}}
    {{relation .Relation}}
    where {{within .Time .TimeKind .ColumnZone}}
{{- end}}
{{- end}}
{{- define "place"}}
{{- if .Hours -}}
case
        {{- range .Hours}}
            when headwater_seconds < {{.End}} then {{.Index}} + least({{quotient (printf "(headwater_seconds - %d)" .Start) 3600}}, {{.More}})
        {{- end}}
        end
{{- else -}}
    {{trunc .Grain .WeekStart (local_date .Time .TimeKind .ColumnZone .Zone)}}
{{- end}}
{{- end}}
