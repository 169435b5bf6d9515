-- Numbers the leaves, too, that only earlier rows have{{if .Single}}: anybody's, so that FirstLast need not be found twice{{end}}.
-- args: {{if .Single}}base_until, start of the range{{end}}
insert into headwater_leaves
with seen as (
    {{- if .Single}}
    select {{range $i, $d := .Dimensions}}{{if $i}}, {{end}}{{ident $d}} as d{{$i}}{{end}} from {{relation .Base}}
    union
    select {{range $i, $d := .Dimensions}}{{if $i}}, {{end}}{{ident $d}} as d{{$i}}{{end}}
    from {{relation .Activation}}
    where period > cast(? as date) and period < cast(? as date)
    {{- else}}
    select {{range $i, $d := .Dimensions}}{{if $i}}, {{end}}d{{$i}}{{end}} from headwater_prior
    {{- if .Changed}}
    union
    select {{range $i, $d := .Dimensions}}{{if $i}}, {{end}}d{{$i}}{{end}} from headwater_before
    {{- end}}
    {{- end}}
),
added as (
    select distinct {{range $i, $d := .Dimensions}}{{if $i}}, {{end}}d{{$i}}{{end}}
    from seen
    where not exists (select 1 from headwater_leaves as leaves where {{.SameLeaf "leaves" "seen"}})
)
select
    (select coalesce(max(leaf), 0) from headwater_leaves) + row_number() over (order by {{range $i, $d := .Dimensions}}{{if $i}}, {{end}}d{{$i}}{{end}})
    {{- range $i, $d := .Dimensions}}, d{{$i}}{{end}}
from added
