select
    event_id,
    user_id,
    occurred_at as event_at,
    platform,
    event_name,
    app_version
from {{ source('raw', 'app_events') }}
where user_id is not null
