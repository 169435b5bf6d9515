-- How many rows without a user there are on days before the first one that is built.
-- args: start and end of these days
select count(*)
from {{relation .Fact}}
where {{ident .User}} is null and {{within .Time .TimeKind .ColumnZone}}
