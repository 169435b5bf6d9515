insert into {{relation .Activation}}
select
    user_id, period, {{.State}}, {{.FromState}}, first_period, previous_period, gap, streak, active_periods
    {{- range $i, $d := .Dimensions}}, d{{$i}}{{end}}
from headwater_states as states
{{- if .Dimensions}}
inner join headwater_leaves as leaves on leaves.leaf = states.leaf
{{- end}}
