-- The leaves of the source's rows in a range, numbered in their order: of two rows at the same instant the one with the greater
-- number counts. What follows compares and counts numbers instead of the dimensions.
-- args: {{if .Dimensions}}start and end of the range{{end}}
create or replace temp table headwater_leaves as
{{- if .Dimensions}}
with seen as (
    select distinct {{range $i, $d := .Dimensions}}{{if $i}}, {{end}}{{ident $d}} as d{{$i}}{{end}}
    from {{relation .Fact}}
    where {{within .Time .TimeKind .ColumnZone}}
)
select
    cast(row_number() over (order by {{range $i, $d := .Dimensions}}{{if $i}}, {{end}}d{{$i}} nulls first{{end}}) as integer) as leaf
    {{- range $i, $d := .Dimensions}}, d{{$i}}{{end}}
from seen
{{- else}}
select cast(1 as integer) as leaf
{{- end}}
