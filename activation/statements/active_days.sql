-- How many users were active in so many periods of the range, by the leaf of their last active one.
-- args: first and last period
{{- if .Dimensions}}
with days as (
    select
        count(*) over (partition by user_id) as active_days,
        row_number() over (partition by user_id order by period desc) as recency
        {{- range $i, $d := .Dimensions}}, {{ident $d}} as d{{$i}}{{end}}
    from {{relation .Activation}}
    where period between cast(? as date) and cast(? as date)
)
select active_days, cast({{json_leaf .Dimensions "d"}} as varchar), count(*)
from days
where recency = 1
group by active_days{{range $i, $d := .Dimensions}}, d{{$i}}{{end}}
{{- else}}
with days as (
    select user_id, count(*) as active_days
    from {{relation .Activation}}
    where period between cast(? as date) and cast(? as date)
    group by user_id
)
select active_days, '{}', count(*) from days group by active_days
{{- end}}
