-- Cohorts, stickiness and windows of a fact of purchases, in plain SQL over its rows: nothing here reads an output.
-- name: cohorts
with bought as (select distinct user_id, date_trunc('month', ts) as month from purchases where user_id is not null),
born as (select user_id, min(month) as cohort from bought group by user_id),
size as (select cohort, count(*) as users from born group by cohort)
select strftime(cohort, '%Y-%m-%d'), '[]', months, coalesce(users, 0), format('{:.6f}', coalesce(users, 0) / total)
from (
    select a.cohort, date_diff('month', a.cohort, b.cohort) as months, a.users as total,
        (select count(*) from born join bought using (user_id) where born.cohort = a.cohort and bought.month = b.cohort) as users
    from size as a
    join (select distinct month as cohort from bought) as b on b.cohort >= a.cohort
);
-- name: cohorts of France
with bought as (select distinct user_id, date_trunc('month', ts) as month from purchases where user_id is not null),
born as (
    select user_id, cohort from (
        select user_id, date_trunc('month', ts) as cohort, country,
            row_number() over (partition by user_id, date_trunc('month', ts) order by ts desc, country desc nulls last) as n,
            min(date_trunc('month', ts)) over (partition by user_id) as first_month
        from purchases where user_id is not null
    ) where n = 1 and cohort = first_month and country = 'France'
)
select strftime(a.cohort, '%Y-%m-%d'), '["France"]', date_diff('month', a.cohort, b.month),
    count(*) filter (where exists (select 1 from bought as x where x.user_id = a.user_id and x.month = b.month)) as users,
    format('{:.6f}', users / count(*))
from born as a
join (select distinct month from bought) as b on b.month >= a.cohort
group by a.cohort, b.month;
-- name: stickiness
with days as (select cast(ts as date) as day, count(distinct user_id) as dau from purchases group by 1),
months as (select date_trunc('month', ts) as month, count(distinct user_id) as mau from purchases group by 1)
select strftime(month, '%Y-%m-%d'), '[]', format('{:.6f}', (select sum(dau) from days where date_trunc('month', day) = month)
    / case when month = date '2011-12-01' then 9 else date_diff('day', month, month + interval 1 month) end / mau)
from months;
-- name: l28
with days as (
    select user_id, count(distinct cast(ts as date)) as n from purchases
    where ts >= date '2011-12-09' - interval 27 day and ts < date '2011-12-10' and user_id is not null group by user_id)
select '2011-12-09', '[]', k, count(n), format('{:.6f}', count(n) / (select count(*) from days))
from range(1, 29) as x(k) left join days on n = k group by k;
-- name: streaks
with bought as (select distinct user_id, date_trunc('month', ts) as month from purchases where user_id is not null),
runs as (
    select *, date_diff('month', date '2010-01-01', month) - row_number() over (partition by user_id order by month) as run from bought),
lengths as (select month, row_number() over (partition by user_id, run order by month) as streak from runs)
select strftime(month, '%Y-%m-%d'), '[]', streak, count(*), format('{:.6f}', count(*) / sum(count(*)) over (partition by month))
from lengths group by month, streak;
-- name: growth
with days as (select distinct user_id, cast(ts as date) as day from purchases where user_id is not null and ts < date '2011-12-10'),
last as (select user_id, max(day) as day from days group by user_id),
ages as (select date_diff('day', day, date '2011-12-09') as away from last)
select count(*) filter (away = 0), count(*) filter (away < 7), count(*) filter (away < 30), count(*) filter (away >= 30) from ages;
