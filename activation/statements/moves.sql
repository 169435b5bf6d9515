-- The transitions of everybody, by period: moves_by_leaf without the leaves.
-- args: first and last period
select
    period, from_state, to_state,
    case when from_state <> 'none' then '{}' end,
    '{}',
    cast(sum(users) as bigint)
from {{relation .Transitions}}
where period between cast(? as date) and cast(? as date)
group by period, from_state, to_state
