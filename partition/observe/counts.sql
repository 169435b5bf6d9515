-- The rows of every partition in a range. {{if .Bounds}}One more row, without a period, is of the whole relation: how many rows have
-- no time{{if .Ahead}}, how many lie in periods that have not begun,{{end}} and the earliest and the latest time{{if .Ahead}} of the others{{end}}.{{end}}{{if .Loaded}} Further rows have when a period's rows were loaded,{{end}}{{if .Content}} or their fingerprint.{{end}}
-- An hour is counted by its number, other periods by their start date.{{if .Key}} Lines of one period add up: all its rows, those whose
-- key is in no other period, and those whose key is in several.{{end}}
-- args: start and end of the range{{if .Loaded}}, the same again{{end}}{{if .Key}}, and again{{end}}{{if .KeyPart}}, start and end of the periods whose keys are wanted{{end}}{{if .Content}}, start and end of the periods whose fingerprint is wanted{{end}}{{if and .Bounds .Ahead}}, where the periods
-- begin that have not begun, twice{{end}}
with counted as (
    select {{template "place" .}} as headwater_period, count(*) as headwater_rows
    from {{template "rows" .}}
    group by 1
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
held as (
    select
        {{template "place" .}} as headwater_period
        {{- range $i, $k := .Key}}, {{ident $k}} as headwater_k{{$i}}{{end}}
        {{- if .Loaded}}, {{ident .Loaded}} as headwater_came{{end}}
    from {{template "rows" .}}{{if .Hours}} where{{else}} and{{end}} {{range $i, $k := .Key}}{{if $i}} and {{end}}{{ident $k}} is not null{{end}}
    {{- if .KeyPart}}
        and ({{range $i, $k := .Key}}{{if $i}}, {{end}}{{ident $k}}{{end}}) in (
            select {{range $i, $k := .Key}}{{if $i}}, {{end}}{{ident $k}}{{end}}
            from {{relation .Relation}}
            where {{within .Time .TimeKind .ColumnZone}}
        )
    {{- end}}
),
keyed as (
    select
        {{template "keys" .}}, count(*) as headwater_rows,
        min(headwater_period) as headwater_first, max(headwater_period) as headwater_last
    from held
    group by {{template "keys" .}}
),
several as (
    select
        {{template "keys" .}}, held.headwater_period, count(*) as headwater_rows
        {{- if .Loaded}}, min(held.headwater_came) as headwater_came{{end}}
    from held
    inner join (select {{template "keys" .}} from keyed where headwater_first < headwater_last) as spread using ({{template "keys" .}})
    group by {{template "keys" .}}, held.headwater_period
),
-- A key is in its place where its rows were loaded before those of all the others; where that is not known, nowhere.
misplaced as (
    select
        headwater_period, headwater_rows,
        {{- if .Loaded}}
        case
            when row_number() over came = 1 and headwater_came < lead(headwater_came) over came
                and count(headwater_came) over alike = count(*) over alike then 0
            else headwater_rows
        end as headwater_again,
        {{- else}}
        headwater_rows as headwater_again,
        {{- end}}
        coalesce(nullif(min(headwater_period) over alike, headwater_period), lead(headwater_period) over times) as headwater_first,
        coalesce(nullif(max(headwater_period) over alike, headwater_period), lag(headwater_period) over times) as headwater_last
    from several
    window
        alike as (partition by {{template "keys" .}}),
        {{- if .Loaded}}
        came as (partition by {{template "keys" .}} order by headwater_came, headwater_period),
        {{- end}}
        times as (partition by {{template "keys" .}} order by headwater_period)
)
{{- end}}
select
    headwater_period,
    headwater_rows,
    0 as headwater_keyed,
    0 as headwater_distinct,
    null as headwater_earliest,
    null as headwater_latest,
    '' as headwater_fingerprint,
    null as headwater_loaded,
    0 as headwater_waves,
    0 as headwater_again,
    null as headwater_first,
    null as headwater_last
from counted
{{- if .Key}}
union all
select headwater_first, 0, cast(sum(headwater_rows) as bigint), count(*), null, null, '', null, 0, 0, null, null
from keyed
where headwater_first = headwater_last
group by headwater_first
union all
select
    headwater_period, 0, cast(sum(headwater_rows) as bigint), count(*), null, null, '', null, 0, cast(sum(headwater_again) as bigint),
    min(case when headwater_again > 0 then headwater_first end), max(case when headwater_again > 0 then headwater_last end)
from misplaced
group by headwater_period
{{- end}}
{{- if .Loaded}}
union all
select
    headwater_period, 0, 0, 0, null, null, '', max(headwater_loaded),
    cast(sum(case when headwater_loaded <= {{minutes_after "headwater_before" 10}} then 0 else 1 end) as bigint), 0, null, null
from waves
group by headwater_period
{{- end}}
{{- if .Content}}
union all
select {{template "place" .}}, 0, 0, 0, null, null, {{fingerprint .Content}}, null, 0, 0, null, null
from {{template "rows" .}}
group by 1
{{- end}}
{{- if .Bounds}}
union all
select
    null, count(*) - count({{ident .Time}}),
    {{- if .Ahead}}
    (select count(*) from {{relation .Relation}} where not {{earlier .Time .TimeKind .ColumnZone}}), 0, min({{ident .Time}}),
    (select max({{ident .Time}}) from {{relation .Relation}} where {{earlier .Time .TimeKind .ColumnZone}}),
    {{- else}}
    0, 0, min({{ident .Time}}), max({{ident .Time}}),
    {{- end}}
    '', null, 0, 0, null, null
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
{{- define "keys"}}{{range $i, $k := .Key}}{{if $i}}, {{end}}headwater_k{{$i}}{{end}}{{end}}
