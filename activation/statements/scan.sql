-- The only read of the source: each user's leaf in each period of the range, and the rows of nobody.
-- args: {{if .Single}}the period's date, {{end}}start and end of the range
create or replace temp table headwater_scan as
select
    {{ident .User}} as user_id,
    {{if .Single}}cast(? as date){{else}}{{trunc .Grain .WeekStart (local_date .Time .TimeKind .ColumnZone .Zone)}}{{end}} as period,
    {{if .Dimensions}}{{latest .Time .Dimensions}} as leaf,{{end}}
    count(*) as fact_rows
from {{relation .Fact}}
where {{within .Time .TimeKind .ColumnZone}}
group by 1, 2
