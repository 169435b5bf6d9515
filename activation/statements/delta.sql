-- How the transitions of the changed users differ from what was counted, without those who stay inactive. Users who were active
-- just before the range leave at its start, or do not.
-- args: date of the period before the range
create or replace temp table headwater_delta as
with moves as (
    select 1 as sign, user_id, period, idx, next_idx, state, from_state
        {{- range $i, $d := .Dimensions}}, d{{$i}}, f{{$i}}{{end}}
    from headwater_states
    union all
    select -1 as sign, user_id, period, idx, next_idx, state, from_state
        {{- range $i, $d := .Dimensions}}, d{{$i}}, f{{$i}}{{end}}
    from headwater_states_before
),
leavers as (
    select sign, idx + 1 as idx, state{{range $i, $d := .Dimensions}}, d{{$i}}{{end}}
    from moves
    where next_idx is null or next_idx > idx + 1
    union all
    select
        sides.sign, (select min(idx) from headwater_calendar),
        case when active_periods = 1 then 'new' when streak > 1 then 'retained' else 'reactivated' end
        {{- range $i, $d := .Dimensions}}, d{{$i}}{{end}}
    from headwater_prior as prior
    cross join (select 1 as sign union all select -1) as sides
    where prior.last_period = cast(? as date) and not exists (
        select 1 from moves
        where moves.user_id = prior.user_id and moves.sign = sides.sign and moves.idx = (select min(idx) from headwater_calendar))
)
select
    period, from_state, state as to_state,
    case when from_state <> 'none' then {{json_leaf .Dimensions "f"}} end as from_dimensions,
    {{json_leaf .Dimensions "d"}} as dimensions,
    cast(sum(sign) as bigint) as users
from moves
group by period, from_state, state{{range $i, $d := .Dimensions}}, f{{$i}}, d{{$i}}{{end}}
having sum(sign) <> 0
union all
select
    calendar.period, state, 'inactive', {{json_leaf .Dimensions "d"}}, {{json_leaf .Dimensions "d"}}, cast(sum(sign) as bigint)
from leavers
inner join headwater_calendar as calendar on calendar.idx = leavers.idx
group by calendar.period, state{{range $i, $d := .Dimensions}}, d{{$i}}{{end}}
having sum(sign) <> 0
