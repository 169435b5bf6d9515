{# One row per built period: active, known, rows without a user, and by what and when it was built.
   Model: <fact>_periods_<daily|weekly|monthly>. #}
{% macro periods(fact, grain) %}
    {%- do headwater.check_names(fact, grain) -%}
    {{- config(
        materialized='incremental', incremental_strategy='append', on_schema_change='ignore',
        pre_hook="{{ headwater.prepare_derived('" ~ fact ~ "', '" ~ grain ~ "', 'periods') }}",
        meta=headwater.output_meta(fact, grain, 'periods')
    ) -}}
    {%- set activation = ref(headwater.output_name(fact, 'activation', grain)) -%}
    {%- set transitions = ref(headwater.output_name(fact, 'transitions', grain)) -%}
    {%- if execute -%}
        {%- do headwater.check_model(fact, grain, 'periods') -%}
        {%- set plan = headwater.derived_plan(fact, grain, 'periods', activation) -%}
select
    built.period,
    cast(coalesce(sum(case when moved.to_state <> 'inactive' then moved.users end), 0) as bigint) as active,
    cast(coalesce(sum(moved.users), 0) as bigint) as known,
    built.null_user_rows, built.definition, built.built_at, built.run
from {{ plan.calendar }} as built
left join {{ transitions }} as moved on moved.period = built.period
where {% if plan.first is none %}1 = 0{% else %}built.period >= date '{{ plan.first }}'{% endif %}
group by built.period, built.null_user_rows, built.definition, built.built_at, built.run
    {%- endif -%}
{% endmacro %}
