-- Transitions from active to inactive: whoever was active one period earlier and is not now. The period before the range is
-- read from the activation table, the others are in the range.
-- args: date of the period before the range
insert into {{relation .Transitions}}
with leavers as (
    select idx + 1 as idx, state{{range $i, $d := .Dimensions}}, d{{$i}}{{end}}
    from headwater_states
    where next_idx is null or next_idx > idx + 1
    union all
    select (select min(idx) from headwater_calendar), state{{range $i, $d := .Dimensions}}, {{ident $d}}{{end}}
    from {{relation .Activation}} as before
    where period = cast(? as date) and not exists (
        select 1 from headwater_states as now
        where now.user_id = before.user_id and now.idx = (select min(idx) from headwater_calendar))
)
select
    calendar.period, state, 'inactive', {{json_leaf .Dimensions "d"}}, {{json_leaf .Dimensions "d"}}, count(*)
from leavers
inner join headwater_calendar as calendar on calendar.idx = leavers.idx
group by calendar.period, state{{range $i, $d := .Dimensions}}, d{{$i}}{{end}}
