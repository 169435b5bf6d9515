{# Pre-hooks, inside the transaction of the model: what a model cannot say with one query. #}

{# Before activation: FirstLast is folded, rows of the range are deleted, and the build is written down. A crash leaves all or nothing. #}
{% macro prepare_activation(fact, grain) %}
    {%- if execute -%}
        {%- set plan = headwater.activation_plan(fact, grain) -%}
{{ headwater.create_auxiliary(plan) }}
{{ headwater.fold(plan) }}
        {%- if plan.whole or plan.first is not none %}
            {%- if plan.incremental %}
{{ headwater.delete_from(this, plan) }};
            {%- endif %}
{{ headwater.delete_from(plan.calendar, plan) }};
            {%- if plan.first is not none %}
{{ headwater.fill_calendar(plan) }};
            {%- endif %}
insert into {{ plan.builds }} (build, kind, first, whole, definition, base_until) values (
    {{ plan.build }}, 'activation', {{ headwater.date_or_null(plan.first) }}, {{ plan.whole | lower }}, '{{ plan.definition }}',
    {{ headwater.date_or_null(plan.base_until) }});
        {%- endif %}
    {%- endif -%}
{% endmacro %}


{# Before transitions and periods: rows of the range are deleted, and the builds of activation are marked as seen. #}
{% macro prepare_derived(fact, grain, kind) %}
    {%- if execute -%}
        {%- set plan = headwater.derived_plan(fact, grain, kind, ref(headwater.output_name(fact, 'activation', grain))) -%}
        {%- if plan.whole or plan.first is not none -%}
            {%- if plan.incremental %}
{{ headwater.delete_from(this, plan) }};
            {%- endif %}
insert into {{ plan.builds }} (build, kind) values ({{ plan.seen }}, '{{ kind }}');
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{% macro delete_from(relation, plan) -%}
delete from {{ relation }} where {% if plan.whole %}1 = 1{% else %}period >= date '{{ plan.first }}'{% endif %}
{%- endmacro %}


{% macro date_or_null(date) -%}
{% if date is none %}cast(null as date){% else %}date '{{ date }}'{% endif %}
{%- endmacro %}


{% macro create_auxiliary(plan) %}
create table if not exists {{ plan.builds }} (
    build bigint, kind varchar, first date, whole boolean, definition varchar, base_until date);
create table if not exists {{ plan.calendar }} (
    period date, null_user_rows bigint, definition varchar, built_at timestamp, run varchar);
{% endmacro %}


{% macro fold(plan) %}
    {%- if plan.whole %}
create or replace table {{ plan.base }} as
select
    {{ headwater.ident(plan.fact.user) }} as user_id, cast(null as date) as first_period, cast(null as date) as last_period,
    cast(null as date) as previous_period, cast(null as integer) as streak, cast(null as integer) as active_periods
    {%- for d in plan.fact.dimensions %}, {{ headwater.ident(d) }}{% endfor %}
from {{ plan.fact.relation }}
where 1 = 0;
    {%- elif plan.fold is not none %}
create or replace table {{ plan.base }} as
with tail as (
    select a.*, row_number() over (partition by a.user_id order by a.period desc) as recency
    from {{ this }} as a
    where a.period < date '{{ plan.first }}'{% if plan.fold == 'since' %} and a.period > date '{{ plan.folded_until }}'{% endif %}
)
select user_id, first_period, period as last_period, previous_period, streak, active_periods
    {%- for d in plan.fact.dimensions %}, {{ headwater.ident(d) }}{% endfor %}
from tail
where recency = 1
        {%- if plan.fold == 'since' %}
union all
select base.* from {{ plan.base }} as base
where not exists (select 1 from tail where tail.user_id = base.user_id)
        {%- endif %};
    {%- endif -%}
{% endmacro %}


{# The built periods of the range, the empty ones included, with the rows that belong to nobody. #}
{% macro fill_calendar(plan) %}
insert into {{ plan.calendar }} (period, null_user_rows, definition, built_at, run)
select dates.period, coalesce(nobody.fact_rows, 0), '{{ plan.definition }}', {{ headwater.instant_text(plan.as_of, 0) }}, 'dbt-{{ invocation_id }}'
from ({{ headwater.series(plan.first, plan.last, plan.grain, plan.skipped) }}) as dates
left join (
    select {{ headwater.period_of_row(plan) }} as period, count(*) as fact_rows
    from {{ plan.fact.relation }}
    where {{ headwater.ident(plan.fact.user) }} is null
        and {{ headwater.in_range(plan) }}
    group by 1
) as nobody on nobody.period = dates.period
{%- endmacro %}
