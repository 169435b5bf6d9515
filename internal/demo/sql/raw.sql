-- Everything that the loader brought. `world` (first, last, missing, since, until) is made by the caller: events are those of
-- the days from since to until, of which the file of `missing` never arrived. A day has the same events whatever is made beside it.

-- Chance is whole-number arithmetic (the finalizer of MurmurHash3, twice), so that every version of DuckDB on every machine
-- makes the same rows; DuckDB's own hash() may change between versions. A draw is 0 to 9999 and depends on its name, a
-- and b alone.
create temp macro stir(x, shift, factor) as
    (xor(x, x >> shift) * cast(factor as ubigint)) & cast(4294967295 as ubigint);

create temp macro scattered(x) as
    stir(stir(x & cast(4294967295 as ubigint), 16, 2246822507), 13, 3266489909);

create temp macro draw(name, a, b) as
    cast(scattered(scattered(md5_number_lower(name) + cast(a as ubigint)) + cast(b as ubigint)) % 10000 as integer);

create temp table days as
select
    day,
    (select first from world) + cast(day as integer) as date,
    [100, 102, 101, 100, 105, 92, 85][isodow((select first from world) + cast(day as integer))] as weekday_percent
from range((select last - first + 1 from world)) days(day);

create temp table nights as
select days.* from days cross join world where date between since and until;

-- joined and leaves are days of the world; who was there before it began joined before day 0.
create temp table people as
with drawn as (
    select
        person,
        draw('country', person, 0) as country,
        draw('platform', person, 0) as platform,
        draw('habit', person, 0) as habit,
        case
            when person <= 4600 then -1 - draw('joined', person, 0) % 400
            -- a quarter arrives by the later of two draws: mild growth
            when draw('late', person, 0) < 2500
                then greatest(draw('joined', person, 0), draw('joined', person, 1)) * (select count(*) from days) // 10000
            else draw('joined', person, 0) * (select count(*) from days) // 10000
        end as joined
    from range(1, 8401) people(person)
),

placed as (
    select
        *,
        case
            when country < 3000 then 'US' when country < 4600 then 'DE' when country < 6000 then 'KR' when country < 7200 then 'BR'
            when country < 8200 then 'GB' when country < 9200 then 'JP' else 'IN'
        end as country_code
    from drawn
)

select
    person,
    joined,
    country_code,
    map {'US': -5, 'DE': 1, 'KR': 9, 'BR': -3, 'GB': 0, 'JP': 9, 'IN': 5}[country_code] as utc_offset,
    case
        when platform < map {'US': 4500, 'DE': 3000, 'KR': 2600, 'BR': 1800, 'GB': 4200, 'JP': 5200, 'IN': 900}[country_code] then 'ios'
        when platform < map {'US': 7200, 'DE': 6600, 'KR': 7800, 'BR': 7600, 'GB': 7200, 'JP': 7600, 'IN': 8200}[country_code] then 'android'
        else 'web'
    end as home,
    draw('both', person, 0) < 2200 as also_web,
    case when habit < 2600 then 8200 when habit < 6600 then 4300 else 1500 end as chance,
    case
        when draw('stays', person, 0) < 5200 then 1000000
        else greatest(joined, 0) + 8 + draw('stays', person, 1) * 170 // 10000
    end as leaves
from placed;

-- People come and go in stretches of 18 days: that is where churn and return come from.
create temp table active as
select nights.day, nights.date, people.*
from nights
inner join people on nights.day >= people.joined
where nights.day = people.joined
    or (
        nights.day < people.leaves
        and draw('active', person, nights.day) < chance * weekday_percent // 100 + case when nights.day < joined + 4 then 1500 else 0 end
        and (nights.day < joined + 10 or draw('stretch', person, (nights.day + person) // 18) < 7400)
    );

-- Slot 0 is the visit of the day, slot 1 a second one, slot 2 one on the web by somebody who mostly uses an app.
create temp table visits as
select
    active.*,
    slot,
    case slot when 2 then 'web' else home end as platform,
    -- awake hours, most in the afternoon, moved to UTC; the last twenty minutes of a day stay free for the visit to end
    60 + (25200 + (draw('at', person, day * 3 + slot) + draw('on', person, day * 3 + slot)) * 57600 // 20000 - utc_offset * 3600 + 86400) % 85140 as second
from active
cross join range(3) slots(slot)
where slot = 0
    or (slot = 1 and draw('again', person, day) < 3000)
    or (slot = 2 and also_web and home <> 'web' and draw('web', person, day) < 3000);

create temp table events as
select
    ((day * 10000 + person) * 3 + slot) * 2 + step + 1 as event_id,
    100000 + person as user_id,
    date + to_seconds(second + step * (35 + draw('pause', person, day * 3 + slot) // 25)) as occurred_at,
    day,
    date,
    platform,
    step,
    draw('what', person, day * 6 + slot * 2 + step) as what
from (select *, unnest(range(1 + draw('steps', person, day * 3 + slot) % 2)) as step from visits);

create schema raw;

create table raw.app_events as
with signed_in as (
    select
        event_id,
        user_id,
        occurred_at,
        day,
        date,
        platform,
        case when step = 0 then 'app_open' when what < 7600 then 'screen_view' when what < 9400 then 'add_to_cart' else 'purchase' end as event_name
    from events
    where platform <> 'web'
),

pushes as (
    select
        200000000 + day * 10000 + person as event_id,
        100000 + person as user_id,
        date + to_seconds((18 - utc_offset) % 24 * 3600 + draw('delivered', person, day) // 8) as occurred_at,
        day,
        date,
        home as platform,
        'push_received' as event_name
    from nights
    inner join people on day > joined and home <> 'web'
    where draw('push', person, day) < 350
),

strangers as (
    select
        400000000 + day * 10000 + stranger as event_id,
        null as user_id,
        date + to_seconds(draw('stranger', stranger, day) * 8 + 3000) as occurred_at,
        day,
        date,
        ['ios', 'android'][1 + stranger % 2] as platform,
        'app_open' as event_name
    from nights cross join range(60) strangers(stranger)
)

select
    event_id,
    user_id,
    occurred_at,
    platform,
    event_name,
    case when platform = 'android' and date < date '2026-06-09' then '5.2' else '5.3' end as app_version,
    date + interval 1 day + to_seconds(5400 + draw('app file', day, 0) * 1500 // 10000) as _loaded_at
from (from signed_in union all from pushes union all from strangers)
where date is distinct from (select missing from world);

create table raw.web_events as
with signed_in as (
    select
        event_id,
        user_id,
        occurred_at,
        day,
        date,
        case when step = 0 or what < 8000 then 'page_view' when what < 9500 then 'add_to_cart' else 'purchase' end as event_name,
        what
    from events
    where platform = 'web'
),

strangers as (
    select
        400000000 + day * 10000 + stranger as event_id,
        null as user_id,
        date + to_seconds(draw('visitor', stranger, day) * 8 + 3000) as occurred_at,
        day,
        date,
        'page_view' as event_name,
        draw('page', stranger, day) as what
    from nights cross join range(140) strangers(stranger)
)

select
    event_id,
    user_id,
    occurred_at,
    event_name,
    ['/', '/search', '/product', '/cart'][1 + what % 4] as page_path,
    ['chrome', 'safari', 'firefox'][1 + what % 3] as browser,
    date + interval 1 day + to_seconds(6000 + draw('web file', day, 0) * 1200 // 10000) as _loaded_at
from (from signed_in union all from strangers);

-- One row an account as of last night. Some took the paid plan since they came: the only thing that changes.
create table raw.users as
with first_visits as (
    select person, min(second) as second from visits where day = joined group by person
),

accounts as (
    select
        people.*,
        first + joined::integer + to_seconds(coalesce(second - 40, draw('signed up', person, 0) * 8)) as signed_up_at
    from people
    cross join world
    left join first_visits using (person)
),

changes as (
    select
        *,
        case when draw('plan', person, 0) < 1300 then signed_up_at + to_hours(20 + draw('plan', person, 1) // 4) end as upgraded_at
    from accounts
)

select
    100000 + person as user_id,
    case when draw('typed', person, 0) < 6000 then lower(country_code) else country_code end as country,
    case when draw('channel', person, 0) < 3800 then 'search' when draw('channel', person, 0) < 6200 then 'friends' when draw('channel', person, 0) < 8700 then 'ads' end as channel,
    case when upgraded_at < last + 1 then 'plus' else 'free' end as plan,
    signed_up_at,
    case when upgraded_at < last + 1 then upgraded_at else signed_up_at end as updated_at,
    last + 1 + to_seconds(6010) as _loaded_at
from changes cross join world
order by user_id;
