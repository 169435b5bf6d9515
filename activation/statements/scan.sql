-- The read of the source: each user's leaf in each period of the range, and the rows of nobody.
-- args: {{if .Single}}the period's date, {{end}}start and end of the range
create or replace temp table headwater_scan as
with source as (
    select
        {{ident .User}} as user_id,
        {{if .Single}}cast(? as date){{else}}{{trunc .Grain .WeekStart (local_date .Time .TimeKind .ColumnZone .Zone)}}{{end}} as period
        {{- if .Dimensions}},
        {{ident .Time}} as happened
        {{- range $i, $d := .Dimensions}}, {{ident $d}} as d{{$i}}{{end}}
        {{- end}}
    from {{relation .Fact}}
    where {{within .Time .TimeKind .ColumnZone}}
)
select user_id, period, {{if .Dimensions}}{{latest "happened" .TimeKind "leaf"}}{{else}}cast(1 as integer){{end}} as leaf, count(*) as fact_rows
from source
{{- if .Dimensions}}
inner join headwater_leaves as leaves on {{.SameLeaf "leaves" "source"}}
{{- end}}
group by user_id, period
