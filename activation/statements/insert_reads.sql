-- args: period, rows and fingerprint, for each of the rows
insert into {{relation .Reads}} values {{range $i, $n := .Rows}}{{if $i}}, {{end}}(cast(? as date), ?, ?){{end}}
