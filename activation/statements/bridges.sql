-- The bridges of each leaf: the leaf that users come from, which for new users is their own, or with Single the one that they are in.
-- One text a leaf holds all its periods, each with its index, new, retained, reactivated and churned users: a row a period would be
-- a hundred times as many, and to bring them over takes longer than to count.
-- The last column is how many bridges there are in all.
-- args: first and last period
with counted as (
    select
        period, cast({{if .Single}}dimensions{{else}}coalesce(from_dimensions, dimensions){{end}} as varchar) as leaf,
        cast(sum(case when to_state = 'new' then users else 0 end) as bigint) as arrived,
        cast(sum(case when to_state = 'retained' then users else 0 end) as bigint) as stayed,
        cast(sum(case when to_state = 'reactivated' then users else 0 end) as bigint) as came,
        cast(sum(case when to_state = 'inactive' then users else 0 end) as bigint) as churned
    from {{relation .Transitions}}
    where period between cast(? as date) and cast(? as date) and (from_state <> 'inactive' or to_state <> 'inactive')
    group by 1, 2
)
select leaf, string_agg(concat_ws(' ', {{.Index "period"}}, arrived, stayed, came, churned), ' '), cast(sum(count(*)) over () as bigint)
from counted
group by leaf
