{# How many users went from which state to which, by the dimensions they come from and those they are in.
   Model: <fact>_transitions_<daily|weekly|monthly>. #}
{% macro transitions(fact, grain) %}
    {%- do headwater.check_names(fact, grain) -%}
    {{- config(
        materialized='incremental', incremental_strategy='append', on_schema_change='ignore',
        pre_hook="{{ headwater.prepare_derived('" ~ fact ~ "', '" ~ grain ~ "', 'transitions') }}",
        meta=headwater.output_meta(fact, grain, 'transitions')
    ) -}}
    {%- set activation = ref(headwater.output_name(fact, 'activation', grain)) -%}
    {%- if execute -%}
        {%- do headwater.check_model(fact, grain, 'transitions') -%}
        {%- set plan = headwater.derived_plan(fact, grain, 'transitions', activation) -%}
        {%- if plan.first is none -%}
select
    cast(null as date) as period, cast(null as varchar) as from_state, cast(null as varchar) as to_state,
    {{ headwater.no_leaf() }} as from_dimensions, {{ headwater.no_leaf() }} as dimensions, cast(null as bigint) as users
where 1 = 0
        {%- else -%}
            {{- headwater.moves(plan, activation) -}}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{# Who becomes active is in the rows of the range; who leaves was active one period earlier; who stays inactive follows from the
   counts alone, so it costs leaves, not users:
   inactive(p) = inactive(p-1) + churned(p) - reactivated(p) by the leaf they come from. #}
{% macro moves(plan, activation) %}
{%- set dimensions = plan.fact.dimensions -%}
with calendar as (
    select period, lag(period) over (order by period) as previous from {{ plan.calendar }}
),
active as (
    select a.user_id, a.period, a.state, a.from_state
        {%- for d in dimensions %}, a.{{ headwater.ident(d) }} as d{{ loop.index0 }}{% endfor %}
    from {{ activation }} as a
    where a.period >= date '{{ plan.first }}'
),
{% if not plan.whole -%}
{{ headwater.prior(plan, activation, 'select user_id from active') }},
{% endif -%}
into_active as (
    select period, from_state, state as to_state
        {%- for d in dimensions %}, f{{ loop.index0 }}, d{{ loop.index0 }}{% endfor %}, count(*) as users
    from (
        select active.period, active.from_state, active.state
            {%- for d in dimensions %}, active.d{{ loop.index0 }}, {# -#}
            {%- if plan.whole %}lag(active.d{{ loop.index0 }}) over by_user{% else -%}
            case when row_number() over by_user = 1 then prior.d{{ loop.index0 }} else lag(active.d{{ loop.index0 }}) over by_user end{% endif %} as f{{ loop.index0 }}
            {%- endfor %}
        from active
        {%- if not plan.whole %}
        left join prior on prior.user_id = active.user_id
        {%- endif %}
        window by_user as (partition by active.user_id order by active.period)
    ) as moved
    group by period, from_state, state{% for d in dimensions %}, f{{ loop.index0 }}, d{{ loop.index0 }}{% endfor %}
),
churned as (
    select calendar.period, gone.state
        {%- for d in dimensions %}, gone.d{{ loop.index0 }}{% endfor %}, count(*) as users
    from (
        select a.user_id, a.period, a.state{% for d in dimensions %}, a.{{ headwater.ident(d) }} as d{{ loop.index0 }}{% endfor %}
        from {{ activation }} as a
        where a.period >= date '{{ plan.before or plan.first }}'
    ) as gone
    inner join calendar on calendar.previous = gone.period
    where calendar.period >= date '{{ plan.first }}'
        and not exists (select 1 from active where active.user_id = gone.user_id and active.period = calendar.period)
    group by calendar.period, gone.state{% for d in dimensions %}, gone.d{{ loop.index0 }}{% endfor %}
),
moved as (
    select period, from_state, to_state,
        case when from_state <> 'none' then {{ headwater.leaf(dimensions, 'f') }} end as from_dimensions,
        {{ headwater.leaf(dimensions, 'd') }} as dimensions, users
    from into_active
    union all
    select period, state, 'inactive', {{ headwater.leaf(dimensions, 'd') }}, {{ headwater.leaf(dimensions, 'd') }}, users
    from churned
),
changes as (
    select dimensions as leaf, period, users as change, users as arrived from moved where to_state = 'inactive'
    union all
    select from_dimensions, period, -users, 0 from moved where to_state = 'reactivated'
    {%- if not plan.whole %}
    union all
    select dimensions, cast(null as date), users, 0 from {{ this }} where period = date '{{ plan.before }}' and to_state = 'inactive'
    {%- endif %}
),
by_period as (
    select leaf, period, sum(change) as change, sum(arrived) as arrived from changes group by leaf, period
),
running as (
    select
        leaves.leaf, calendar.period,
        coalesce(start.change, 0) + sum(coalesce(step.change, 0)) over (partition by leaves.leaf order by calendar.period)
            - coalesce(step.arrived, 0) as users
    from (select distinct leaf from changes) as leaves
    cross join (select period from calendar where period >= date '{{ plan.first }}') as calendar
    left join by_period as step on step.leaf = leaves.leaf and step.period = calendar.period
    left join by_period as start on start.leaf = leaves.leaf and start.period is null
)
select period, from_state, to_state, from_dimensions, dimensions, cast(users as bigint) as users
from moved
union all
select period, 'inactive', 'inactive', leaf, leaf, cast(users as bigint)
from running
where users > 0
{% endmacro %}


{# The transitions of every fact in one view: headwater.all_transitions([['app_visit', 'day'], ['app_visit', 'week']]). #}
{% macro all_transitions(members) %}
    {{- config(materialized='view') -}}
    {%- for fact, grain in members %}
{% if not loop.first %}union all
{% endif -%}
select '{{ fact }}' as fact, '{{ grain }}' as grain, period, from_state, to_state, from_dimensions, dimensions, users
from {{ ref(headwater.output_name(fact, 'transitions', grain)) }}
    {%- endfor %}
{% endmacro %}
