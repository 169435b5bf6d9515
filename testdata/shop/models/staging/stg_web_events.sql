select
    event_id,
    user_id,
    occurred_at as event_at,
    'web' as platform,
    event_name,
    page_path
from {{ source('raw', 'web_events') }}
where user_id is not null
