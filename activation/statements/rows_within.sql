-- Whether the source has rows in a range.
-- args: start and end of the range
select count(*)
from (select 1 as found from {{relation .Fact}} where {{within .Time .TimeKind .ColumnZone}} limit 1) as any_row
