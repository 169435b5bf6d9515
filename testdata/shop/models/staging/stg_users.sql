select
    user_id,
    upper(country) as country,
    coalesce(channel, 'unknown') as channel,
    plan,
    signed_up_at,
    updated_at
from {{ source('raw', 'users') }}
