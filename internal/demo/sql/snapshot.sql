-- What nightly runs of the snapshot left: an account's last state, and before it the free plan of those who upgraded.
-- The ids are made the way dbt makes them for the timestamp strategy.
create table analytics.users_history as
with states as (
    select *, cast(null as timestamp) as dbt_valid_to from analytics.stg_users
    union all
    select * replace ('free' as plan, signed_up_at as updated_at), updated_at as dbt_valid_to
    from analytics.stg_users
    where updated_at > signed_up_at
)

select
    * exclude (dbt_valid_to),
    md5(coalesce(cast(user_id as varchar), '') || '|' || coalesce(cast(updated_at as varchar), '')) as dbt_scd_id,
    updated_at as dbt_updated_at,
    updated_at as dbt_valid_from,
    dbt_valid_to
from states
order by user_id, dbt_valid_from;
