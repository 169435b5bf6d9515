-- The users of a period whom an upstream relation shows in it by rows of one part only that came again, by leaf.{{if .Key}} Those are rows
-- whose key is in another stretch, too.{{else if .Shifted}} Those are rows of another stretch, moved.{{else}} Those are rows that were loaded
-- when a number of waves were over.{{end}}
-- args: {{if .Key}}start and end of the stretch, of the part{{else if .Shifted}}start and end of the stretch{{else}}start and end of the part, the number{{end}}, start and end of the part, start and end of the period, the period
with {{if .Key}}again as (
    select distinct {{range $i, $k := .Key}}{{if $i}}, {{end}}{{ident $k}} as headwater_k{{$i}}{{end}}
    from {{relation .Upstream}}
    where {{within .Time .TimeKind .ColumnZone}} and not ({{within .Time .TimeKind .ColumnZone}})
        {{- range .Key}} and {{ident .}} is not null{{end}}
),
{{- else if .Shifted}}again as (
    select distinct {{ident .User}} as headwater_k0, {{minutes_after (ident .Time) .ShiftMinutes}} as headwater_k1
    from {{relation .Upstream}}
    where {{within .Time .TimeKind .ColumnZone}} and {{ident .User}} is not null
),
{{- else}}loads as (
    select distinct {{ident .Loaded}} as headwater_loaded
    from {{relation .Upstream}}
    where {{within .Time .TimeKind .ColumnZone}} and {{ident .Loaded}} is not null
),
paused as (
    select headwater_loaded, lag(headwater_loaded) over (order by headwater_loaded) as headwater_before from loads
),
waves as (
    select headwater_loaded, row_number() over (order by headwater_loaded) as headwater_wave
    from paused
    where headwater_before is null or headwater_loaded > {{minutes_after "headwater_before" 10}}
),
again as (select min(headwater_loaded) as headwater_since from waves where headwater_wave > ?),
{{- end}}
seen as (
    select
        cast({{ident .User}} as varchar) as headwater_user,
        min(case when {{within .Time .TimeKind .ColumnZone}} and {{template "again" .}} then 1 else 0 end) as headwater_only
    from {{relation .Upstream}}
    where {{within .Time .TimeKind .ColumnZone}} and {{ident .User}} is not null
    group by 1
),
{{template "only" .}}
{{- define "again"}}
{{- if .Key}}({{range $i, $k := .Key}}{{if $i}}, {{end}}{{ident $k}}{{end}}) in (select {{range $i, $k := .Key}}{{if $i}}, {{end}}headwater_k{{$i}}{{end}} from again)
{{- else if .Shifted}}({{ident .User}}, {{ident .Time}}) in (select headwater_k0, headwater_k1 from again)
{{- else}}{{ident .Loaded}} >= (select headwater_since from again)
{{- end}}
{{- end}}
