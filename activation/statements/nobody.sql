-- Rows whose user key is NULL, by period.
create or replace temp table headwater_nobody as
{{- if .Daily}}
select {{trunc .Grain .WeekStart "period"}} as period, null_user_rows as fact_rows from {{relation .DailyPeriods}}
{{- else}}
select period, fact_rows from headwater_scan where user_id is null
{{- end}}
