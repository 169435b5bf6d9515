-- The earliest local date with a row of a user{{if .Earlier}} before a bound{{end}}.
-- args: {{if .Earlier}}the bound{{end}}
select min({{local_date .Time .TimeKind .ColumnZone .Zone}})
from {{relation .Fact}}
where {{ident .User}} is not null{{if .Earlier}} and {{earlier .Time .TimeKind .ColumnZone}}{{end}}
