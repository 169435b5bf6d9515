-- A visit that reaches into the next UTC day would be counted by two batches.
select visit_id
from {{ ref('fct_app_visit') }}
where cast(event_at + to_seconds(seconds) as date) > cast(event_at as date)
