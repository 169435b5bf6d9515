-- Nothing is read of the source.
create or replace temp table headwater_leaves as
select cast(1 as integer) as leaf{{range $i, $d := .Dimensions}}, {{ident $d}} as d{{$i}}{{end}}
{{- if .Dimensions}}
from {{relation .Activation}}
limit 0
{{- end}}
