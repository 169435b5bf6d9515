-- By which definition the periods of a range were built: of each the one that differs from today's, where there is one.
-- args: today's definition, twice; first date, and the date after the last one
select period, coalesce(max(case when definition <> ? then definition end), ?)
from {{relation .}}
where period >= cast(? as date) and period < cast(? as date)
group by period
