-- args: first and last period
with sliced as (
    select period, streak{{range $i, $d := .Dimensions}}, {{ident $d}} as d{{$i}}{{end}}
    from {{relation .Activation}}
    where period between cast(? as date) and cast(? as date)
)
select period, streak, cast({{json_leaf .Dimensions "d"}} as varchar), count(*)
from sliced
group by period, streak{{range $i, $d := .Dimensions}}, d{{$i}}{{end}}
