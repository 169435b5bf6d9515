{{ config(
    materialized='incremental',
    incremental_strategy='microbatch',
    event_time='event_at',
    batch_size='day',
    begin='2026-02-15'
) }}

-- A batch sees one UTC day, so midnight ends a visit; the day stands in the window so that any range of days gives the
-- same rows as its days one by one.
with steps as (
    select
        *,
        event_at - lag(event_at) over (
            partition by user_id, platform, cast(event_at as date) order by event_at, event_key
        ) as pause
    from {{ ref('int_user_events') }}
),

numbered as (
    select
        *,
        count(*) filter (pause is null or pause > interval 30 minute) over (
            partition by user_id, platform, cast(event_at as date) order by event_at, event_key
        ) as visit
    from steps
),

visits as (
    select
        user_id,
        platform,
        visit,
        min(event_at) as event_at,
        arg_min(event_key, (event_at, event_key)) as visit_id,
        date_diff('second', min(event_at), max(event_at)) as seconds,
        count(*) as events
    from numbered
    group by user_id, platform, cast(event_at as date), visit
)

select
    visits.visit_id,
    visits.user_id,
    visits.event_at,
    users.country,
    visits.platform,
    users.channel,
    visits.events,
    visits.seconds
from visits
left join {{ ref('dim_users') }} as users on users.user_id = visits.user_id
