insert into {{relation .Activation}}
select
    user_id, period, state, from_state, first_period, previous_period, gap, streak, active_periods
    {{- range $i, $d := .Dimensions}}, d{{$i}}{{end}}
from headwater_states
