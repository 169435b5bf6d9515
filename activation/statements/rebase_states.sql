-- The first base of FirstLast, from the states of the first build: each user's last row before a date.
-- args: the date, its index
insert into {{relation .Base}}
select user_id, first_period, period, previous_period, streak, active_periods{{range $i, $d := .Dimensions}}, d{{$i}}{{end}}
from headwater_states
where period < cast(? as date) and (next_idx is null or next_idx >= ?)
