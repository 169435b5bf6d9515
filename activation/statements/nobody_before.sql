-- Those of days before the first one that is built, in the period that holds it.
-- args: the period, start and end of these days
insert into headwater_nobody
select cast(? as date), count(*)
from {{relation .Fact}}
where {{ident .User}} is null and {{within .Time .TimeKind .ColumnZone}}
