{# One row per user as of the last built period: a view over the rows that activation folded and those since.
   Model: <fact>_first_last_<daily|weekly|monthly>. #}
{% macro first_last(fact, grain) %}
    {%- do headwater.check_names(fact, grain) -%}
    {{- config(materialized='view', meta=headwater.output_meta(fact, grain, 'first_last')) -}}
    {%- set activation = ref(headwater.output_name(fact, 'activation', grain)) -%}
    {%- if execute -%}
        {%- do headwater.check_model(fact, grain, 'first_last') -%}
        {%- set dimensions = headwater.definition(fact).dimensions -%}
        {%- set aux = headwater.auxiliary(activation, fact, grain) -%}
with tail as (
    select a.*, row_number() over (partition by a.user_id order by a.period desc) as recency
    from {{ activation }} as a
    where a.period > coalesce({{ headwater.base_until_now(aux) }}, date '0001-01-01')
)
select user_id, first_period, period as last_period, previous_period, streak, active_periods
    {%- for d in dimensions %}, {{ headwater.ident(d) }}{% endfor %}
from tail
where recency = 1
union all
select user_id, first_period, last_period, previous_period, streak, active_periods
    {%- for d in dimensions %}, {{ headwater.ident(d) }}{% endfor %}
from {{ aux.base }} as base
where not exists (select 1 from tail where tail.user_id = base.user_id)
    {%- endif -%}
{% endmacro %}


{# Up to which date the base of FirstLast is complete, as a scalar query; NULL where it holds nothing. #}
{% macro base_until_now(aux) -%}
(select b.base_until from {{ aux.builds }} as b where b.kind = 'activation' order by b.build desc limit 1)
{%- endmacro %}
