-- The first base of FirstLast, from the states of the first build: each user's last row before a date.
-- args: the date
insert into {{relation .Base}}
with latest as (
    select user_id, max(period) as period from headwater_states where period < cast(? as date) group by user_id
)
select states.user_id, first_period, states.period, previous_period, streak, active_periods{{range $i, $d := .Dimensions}}, d{{$i}}{{end}}
from headwater_states as states
inner join latest on latest.user_id = states.user_id and latest.period = states.period
{{- if .Dimensions}}
inner join headwater_leaves as leaves on leaves.leaf = states.leaf
{{- end}}
