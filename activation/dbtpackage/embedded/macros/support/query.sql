{# Questions that a plan asks of the warehouse. #}

{# The first row of a query; none where it has none. #}
{% macro row(query) %}
    {%- set rows = run_query(query).rows -%}
    {{- return(rows[0] if rows | length > 0 else none) -}}
{% endmacro %}


{% macro scalar(expression) %}
    {{- return(headwater.row('select ' ~ expression)[0]) -}}
{% endmacro %}


{# Which of these tables are there. dbt's own cache does not know tables that hooks make. #}
{% macro present(database, schema, names) %}
    {%- set found = [] -%}
    {%- for r in run_query(headwater.tables_named(database, schema, names)).rows -%}{%- do found.append(r[0]) -%}{%- endfor -%}
    {{- return(found) -}}
{% endmacro %}


{# The local dates of a range that the fact's zone skipped (Pacific/Apia had no 2011-12-30): days are numbered without them. #}
{% macro skipped_dates(fact, grain, first, last) %}
    {%- set found = [] -%}
    {%- if grain == 'day' and fact.timezone != 'UTC' -%}
        {%- for r in run_query(headwater.dates_that_never_were(first, last, fact.timezone)).rows -%}{%- do found.append(r[0]) -%}{%- endfor -%}
    {%- endif -%}
    {{- return(found) -}}
{% endmacro %}


{% macro skipped_dates_built(fact, grain, aux) %}
    {%- if headwater.present(aux.calendar.database, aux.calendar.schema, [aux.calendar.identifier]) | length == 0 -%}{{- return([]) -}}{%- endif -%}
    {%- set span = headwater.row('select cast(min(period) as varchar), cast(max(period) as varchar) from ' ~ aux.calendar) -%}
    {{- return(headwater.skipped_dates(fact, grain, span[0], span[1]) if span[0] is not none else []) -}}
{% endmacro %}


{# The start date of the period of a row of the fact. #}
{% macro period_of_row(plan) -%}
{{ headwater.trunc(plan.grain, plan.fact.week_start, headwater.local_date(headwater.ident(plan.fact.time), plan.fact.time_kind, plan.fact.column_zone, plan.fact.timezone)) }}
{%- endmacro %}


{# The condition that a row lies in the range: bounds that a warehouse can prune by, a few hours wide of the mark where clocks
   change, and the local date itself. #}
{% macro in_range(plan) -%}
{%- set fact = plan.fact -%}
{{ headwater.within(headwater.ident(fact.time), fact.time_kind, fact.column_zone, fact.timezone, plan.first, plan.end) }}
        and {{ headwater.local_date(headwater.ident(fact.time), fact.time_kind, fact.column_zone, fact.timezone) }} >= date '{{ plan.first }}'
        and {{ headwater.local_date(headwater.ident(fact.time), fact.time_kind, fact.column_zone, fact.timezone) }} < date '{{ plan.end }}'
{%- endmacro %}


{# The period that holds an instant. #}
{% macro period_at(instant, grain, fact) -%}
{{ headwater.trunc(grain, fact.week_start, headwater.local_date_of_instant(instant, fact.timezone)) }}
{%- endmacro %}
