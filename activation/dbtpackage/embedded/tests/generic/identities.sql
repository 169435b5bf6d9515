{# The identities of active users, as tests without arguments. Each goes on one output's model and finds the others by their meta.
   A test selects what is wrong. #}

{# active = new + retained + reactivated, in the periods, the transitions and the users themselves. On a periods model. #}
{% test active_is_new_retained_reactivated(model) %}
    {%- if execute -%}
        {%- set o = headwater.output_of(model) %}
with counted as (
    select period, count(*) as users from {{ headwater.output_relation(o.fact, o.grain, 'activation') }}
    where state in ('new', 'retained', 'reactivated') group by period
),
moved as (
    select period, sum(users) as users from {{ headwater.output_relation(o.fact, o.grain, 'transitions') }}
    where to_state in ('new', 'retained', 'reactivated') group by period
)
select coalesce(built.period, counted.period, moved.period) as period, built.active, counted.users as in_activation, moved.users as in_transitions
from {{ model }} as built
full join counted on counted.period = built.period
full join moved on moved.period = coalesce(built.period, counted.period)
where built.active is null or built.active <> coalesce(counted.users, 0) or built.active <> coalesce(moved.users, 0)
    {%- else %}
select 1 where 1 = 0
    {%- endif -%}
{% endtest %}


{# retained(p) = active(p-1) - churned(p). On a transitions model. #}
{% test retained_is_active_before_less_churned(model) %}
with sums as (
    select
        period,
        sum(case when to_state in ('new', 'retained', 'reactivated') then users else 0 end) as active,
        sum(case when to_state = 'retained' then users else 0 end) as retained,
        sum(case when to_state = 'inactive' and from_state in ('new', 'retained', 'reactivated') then users else 0 end) as churned
    from ({{ headwater.with_every_period(model) }}) as moved
    group by period
),
pairs as (select sums.*, coalesce(lag(active) over (order by period), 0) as active_before from sums)
select * from pairs where retained <> active_before - churned
{% endtest %}


{# known(p) = known(p-1) + new(p). On a periods model. #}
{% test known_grows_by_new(model) %}
    {%- if execute -%}
        {%- set o = headwater.output_of(model) %}
with new_users as (
    select period, count(*) as users from {{ headwater.output_relation(o.fact, o.grain, 'activation') }}
    where state = 'new' group by period
),
pairs as (
    select built.period, built.known, coalesce(lag(built.known) over (order by built.period), 0) as known_before, coalesce(new_users.users, 0) as new_users
    from {{ model }} as built
    left join new_users on new_users.period = built.period
)
select * from pairs where known <> known_before + new_users
    {%- else %}
select 1 where 1 = 0
    {%- endif -%}
{% endtest %}


{# Nine moves are legal; any other is a bug. On a transitions or an activation model. #}
{% test legal_transitions(model) %}
{%- set to = 'to_state' -%}
{%- if execute and headwater.output_of(model).kind == 'activation' -%}{%- set to = 'state' -%}{%- endif %}
select from_state, {{ to }}, count(*) as found
from {{ model }}
where not coalesce(
    (from_state = 'none' and {{ to }} = 'new')
    or (from_state in ('new', 'retained', 'reactivated') and {{ to }} in ('retained', 'inactive'))
    or (from_state = 'inactive' and {{ to }} in ('reactivated', 'inactive')), false)
group by from_state, {{ to }}
{% endtest %}


{# One row per user and period. On an activation model. #}
{% test one_row_per_user_and_period(model) %}
select user_id, period, count(*) as found
from {{ model }}
group by user_id, period
having count(*) > 1 or user_id is null or period is null
{% endtest %}
