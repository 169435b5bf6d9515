{# One row per known user as of the last built period, the inactive ones included.
   Model: <fact>_activation_status_<daily|weekly|monthly>. #}
{% macro activation_status(fact, grain) %}
    {%- do headwater.check_names(fact, grain) -%}
    {{- config(materialized='view', meta=headwater.output_meta(fact, grain, 'activation_status')) -}}
    {%- set activation = ref(headwater.output_name(fact, 'activation', grain)) -%}
    {%- set first_last = ref(headwater.output_name(fact, 'first_last', grain)) -%}
    {%- if execute -%}
        {%- do headwater.check_model(fact, grain, 'activation_status') -%}
        {%- set definition = headwater.definition(fact) -%}
        {%- set aux = headwater.auxiliary(activation, fact, grain) -%}
        {%- set plan = {'fact': definition, 'grain': grain, 'skipped': headwater.skipped_dates_built(definition, grain, aux)} -%}
with built as (select max(period) as period from {{ aux.calendar }})
select
    user_id,
    built.period as period,
    case
        when last_period < built.period then 'inactive'
        when active_periods = 1 then 'new'
        when streak > 1 then 'retained'
        else 'reactivated'
    end as state,
    cast(nullif({{ headwater.period_index(plan, 'built.period') }} - {{ headwater.period_index(plan, 'last_period') }}, 0) as integer) as inactive_for,
    first_period, last_period, streak, active_periods
    {%- for d in definition.dimensions %}, {{ headwater.ident(d) }}{% endfor %}
from {{ first_last }}
cross join built
    {%- endif -%}
{% endmacro %}
