-- Transitions into an active state: the rows of the range themselves.
insert into {{relation .Transitions}}
select
    period, from_state, state,
    case when from_state <> 'none' then {{json_leaf .Dimensions "f"}} end,
    {{json_leaf .Dimensions "d"}},
    count(*)
from headwater_states
group by period, from_state, state{{range $i, $d := .Dimensions}}, f{{$i}}, d{{$i}}{{end}}
