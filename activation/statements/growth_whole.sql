-- growth for everybody, without following each user from day to day: active days by growth state, and by the active day before
-- with the user's state on it. What growth_again tells apart is counted as current here.
-- args: greatest gap of current, greatest gap of reactivated, first and last period
with active as (
    select
        period, previous_period, from_state,
        case when gap is null then 'new' when gap <= ? then 'current' when gap <= ? then 'reactivated' else 'resurrected' end as kind
    from {{relation .Activation}}
    where period between cast(? as date) and cast(? as date)
)
select period, kind, previous_period, from_state, count(*)
from active
group by period, kind, previous_period, from_state
