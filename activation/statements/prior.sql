-- FirstLast of the users in question as it was before the range: from its base and the rows since, or from the activation
-- table alone where the base is newer than that.
-- args: {{if .KeepBase}}base_until, {{end}}start of the range
create or replace temp table headwater_prior as
with wanted as (
    {{- if .Changed}}
    select user_id from headwater_changed
    {{- else}}
    select distinct user_id from headwater_scan where user_id is not null
    {{- end}}
),
tail as (
    select *, row_number() over (partition by user_id order by period desc) as recency
    from {{relation .Activation}}
    where {{if .KeepBase}}period > cast(? as date) and {{end}}period < cast(? as date) and user_id in (select user_id from wanted)
)
select user_id, first_period, period as last_period, previous_period, streak, active_periods
    {{- range $i, $d := .Dimensions}}, {{ident $d}} as d{{$i}}{{end}}
from tail
where recency = 1
{{- if .KeepBase}}
union all
select user_id, first_period, last_period, previous_period, streak, active_periods
    {{- range $i, $d := .Dimensions}}, {{ident $d}} as d{{$i}}{{end}}
from {{relation .Base}} as base
where user_id in (select user_id from wanted) and not exists (select 1 from tail where tail.user_id = base.user_id)
{{- end}}
