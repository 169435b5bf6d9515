-- Users who were reactivated or resurrected the day before and are active again: few, so that finding their gap of that day is
-- cheap.
-- args: greatest gap of reactivated, greatest gap of current, first and last period, first and last period
with again as (
    select now.period, case when before.gap <= ? then 'reactivated' else 'resurrected' end as kind
    from (select user_id, gap, period from {{relation .Activation}} where gap > ? and period between cast(? as date) and cast(? as date)) as before
    inner join (
        select user_id, period, previous_period
        from {{relation .Activation}}
        where gap = 1 and from_state = 'reactivated' and period between cast(? as date) and cast(? as date)
    ) as now on now.user_id = before.user_id and now.previous_period = before.period
)
select period, kind, count(*) from again group by period, kind
