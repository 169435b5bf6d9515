-- args: first and last period
with sliced as (
    select period, gap{{range $i, $d := .Dimensions}}, {{ident $d}} as d{{$i}}{{end}}
    from {{relation .Activation}}
    where period between cast(? as date) and cast(? as date)
)
select period, gap, cast({{json_leaf .Dimensions "d"}} as varchar), count(*)
from sliced
group by period, gap{{range $i, $d := .Dimensions}}, d{{$i}}{{end}}
