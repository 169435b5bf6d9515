-- Folds the activation rows before a date into the base of FirstLast. Where the base is newer than that date it is made
-- again from the activation table.
-- args: {{if .KeepBase}}base_until, {{end}}the date
create or replace table {{relation .Base}} as
with tail as (
    select *, row_number() over (partition by user_id order by period desc) as recency
    from {{relation .Activation}}
    where {{if .KeepBase}}period > cast(? as date) and {{end}}period < cast(? as date)
)
select user_id, first_period, period as last_period, previous_period, streak, active_periods
    {{- range .Dimensions}}, {{ident .}}{{end}}
from tail
where recency = 1
{{- if .KeepBase}}
union all
select * from {{relation .Base}} as base
where not exists (select 1 from tail where tail.user_id = base.user_id)
{{- end}}
