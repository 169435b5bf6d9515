-- Rows for recording the artifacts: four days of eight people, enough for every model and test to have something to do.
create schema raw;

create table raw.app_events as
select
    day * 100 + person as event_id,
    case when person < 6 then person end as user_id,
    timestamp '2026-06-11' + interval (day) day + interval (6 + person) hour as occurred_at,
    ['ios', 'android'][1 + person % 2] as platform,
    ['app_open', 'screen_view', 'push_received'][1 + (day + person) % 3] as event_name,
    '5.3' as app_version,
    timestamp '2026-06-12 01:35' + interval (day) day as _loaded_at
from range(4) days(day), range(1, 9) people(person);

create table raw.web_events as
select
    day * 100 + person as event_id,
    person as user_id,
    timestamp '2026-06-11' + interval (day) day + interval (2 * person) hour as occurred_at,
    'page_view' as event_name,
    '/' as page_path,
    'firefox' as browser,
    timestamp '2026-06-12 01:50' + interval (day) day as _loaded_at
from range(4) days(day), range(5, 9) people(person);

create table raw.users as
select
    person as user_id,
    ['us', 'DE', 'KR', 'br'][1 + person % 4] as country,
    ['search', null][1 + person % 2] as channel,
    'free' as plan,
    timestamp '2026-05-01 09:30' as signed_up_at,
    timestamp '2026-05-01 09:30' as updated_at,
    timestamp '2026-06-15 01:40' as _loaded_at
from range(1, 9) people(person);
