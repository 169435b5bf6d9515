-- args: the two dates, for each of the rows
insert into headwater_calendar values {{range $i, $n := .Rows}}{{if $i}}, {{end}}(cast(? as date), cast(? as date)){{end}}
