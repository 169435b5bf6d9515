-- How many of each cohort are active in each period. A cohort is sliced by the leaf of its members' first period, so that
-- nobody changes slice later.
-- args: first and last period, first and last period
{{- if .Dimensions}}
with cohort as (
    select user_id, period{{range $i, $d := .Dimensions}}, {{ident $d}} as d{{$i}}{{end}}
    from {{relation .Activation}}
    where state = 'new' and period between cast(? as date) and cast(? as date)
)
select cohort.period, active.period, cast({{json_leaf .Dimensions "d"}} as varchar), count(*)
from cohort
inner join (
    select user_id, period from {{relation .Activation}} where period between cast(? as date) and cast(? as date)
) as active on active.user_id = cohort.user_id
group by cohort.period, active.period{{range $i, $d := .Dimensions}}, d{{$i}}{{end}}
{{- else}}
select first_period, period, '{}', count(*)
from {{relation .Activation}}
where first_period between cast(? as date) and cast(? as date) and period between cast(? as date) and cast(? as date)
group by first_period, period
{{- end}}
