{{ config(
    materialized='incremental',
    incremental_strategy='microbatch',
    event_time='event_at',
    batch_size='day',
    begin='2026-02-15'
) }}

-- A push that was delivered, or a timer that fired, is something we did and not something a person did.
with everything as (
    select 'app-' || event_id as event_key, user_id, event_at, platform, event_name
    from {{ ref('stg_app_events') }}
    union all
    select 'web-' || event_id as event_key, user_id, event_at, platform, event_name
    from {{ ref('stg_web_events') }}
)

select
    event_key,
    user_id,
    event_at,
    platform,
    event_name
from everything
where event_name not in ('push_received', 'background_sync')
