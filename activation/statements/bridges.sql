-- The bridge of each period and leaf: by the leaf that users come from, which for new users is their own, or with Single by the
-- leaf that they are in.
-- args: first and last period
select period, cast({{if .Single}}dimensions{{else}}coalesce(from_dimensions, dimensions){{end}} as varchar) as leaf,
    cast(sum(case when to_state = 'new' then users else 0 end) as bigint) as arrived,
    cast(sum(case when to_state = 'retained' then users else 0 end) as bigint) as stayed,
    cast(sum(case when to_state = 'reactivated' then users else 0 end) as bigint) as came,
    cast(sum(case when to_state = 'inactive' then users else 0 end) as bigint) as churned
from {{relation .Transitions}}
where period between cast(? as date) and cast(? as date) and (from_state <> 'inactive' or to_state <> 'inactive')
group by 1, 2
