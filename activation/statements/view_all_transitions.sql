create or replace view {{relation .AllTransitions}} as
{{- range $i, $t := .Members}}
{{if $i}}union all {{end}}select {{text $t.Fact}} as fact, {{text $t.Grain}} as grain, period, from_state, to_state, from_dimensions, dimensions, users
from {{relation $t.Relation}}
{{- end}}
