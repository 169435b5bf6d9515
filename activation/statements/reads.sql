-- What the source holds of each period of a range: how many rows, and an order-independent fingerprint of what the outputs follow from.
-- args: start and end of the range
select
    {{trunc .Grain .WeekStart (local_date .Time .TimeKind .ColumnZone .Zone)}} as period, count(*), {{fingerprint .Read}}
from {{relation .Fact}}
where {{within .Time .TimeKind .ColumnZone}}
group by 1
order by 1
