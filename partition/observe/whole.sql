-- What a relation holds, whatever its rows are of.
select count(*){{if .Content}}, {{fingerprint .Content}}{{else}}, ''{{end}}
from {{relation .Relation}}
