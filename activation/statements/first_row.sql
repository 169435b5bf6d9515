-- The earliest and latest local date with a row of a user.
select min({{local_date .Time .TimeKind .ColumnZone .Zone}}), max({{local_date .Time .TimeKind .ColumnZone .Zone}})
from {{relation .Fact}}
where {{ident .User}} is not null
