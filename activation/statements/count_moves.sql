-- How many users made which move into an active state{{if .Changed}}: the difference to what was counted{{end}}.
create or replace temp table headwater_moves as
with states as (
    select 1 as sign, * from headwater_states
    {{- if .Changed}}
    union all
    select -1 as sign, * from headwater_states_before
    {{- end}}
),
counted as (
    select period, {{.FromState}} as from_state, {{.State}} as to_state, from_leaf, leaf, sum(sign) as users
    from states
    group by 1, 2, 3, 4, 5
)
select
    period, from_state, to_state,
    case when from_state <> 'none' then {{json_leaf .Dimensions "was.d"}} end as from_dimensions,
    {{json_leaf .Dimensions "here.d"}} as dimensions,
    cast(users as bigint) as users
from counted
inner join headwater_leaves as here on here.leaf = counted.leaf
left join headwater_leaves as was on was.leaf = counted.from_leaf
where users <> 0
