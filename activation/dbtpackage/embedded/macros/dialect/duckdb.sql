{# DuckDB. Its functions that know zones are in the extension icu, which dbt-duckdb brings. #}

{% macro duckdb__literal(text) %}{{ return("'" ~ (text ~ '') | replace("'", "''") ~ "'") }}{% endmacro %}

{% macro duckdb__ident(name) %}{{ return('"' ~ (name ~ '') | replace('"', '""') ~ '"') }}{% endmacro %}

{% macro duckdb__kind_of_type(type) %}
    {%- set type = type | upper -%}
    {{- return('date' if type == 'DATE' else 'timestamptz' if type in ['TIMESTAMP WITH TIME ZONE', 'TIMESTAMPTZ'] else 'timestamp' if type.startswith('TIMESTAMP') else none) -}}
{% endmacro %}

{% macro duckdb__instant(text) %}{{ return("cast('" ~ text ~ "' as timestamptz)") }}{% endmacro %}

{% macro duckdb__instant_text(instant, seconds) %}
    {{- return("timezone('UTC', " ~ instant ~ ")" ~ (" + to_seconds(" ~ seconds ~ ")" if seconds else '')) -}}
{% endmacro %}

{% macro duckdb__instant_before(instant, seconds) %}{{ return("(" ~ instant ~ " - to_seconds(" ~ seconds ~ "))") }}{% endmacro %}

{% macro duckdb__local_date_of_instant(instant, zone) %}
    {{- return("cast(timezone(" ~ headwater.duckdb__literal(zone) ~ ", " ~ instant ~ ") as date)") -}}
{% endmacro %}

{# Where clocks strike midnight twice DuckDB gives the second time: one hour earlier it is the same date. #}
{% macro duckdb__start_of(date, zone) %}
    {%- set midnight = "timezone(" ~ headwater.duckdb__literal(zone) ~ ", cast(" ~ date ~ " as timestamp))" -%}
    {%- if zone == 'UTC' -%}{{- return(midnight) -}}{%- endif -%}
    {%- set earlier = "(" ~ midnight ~ " - interval 1 hour)" -%}
    {{- return("(case when " ~ headwater.local_date_of_instant(earlier, zone) ~ " = " ~ date ~ " then " ~ earlier ~ " else " ~ midnight ~ " end)") -}}
{% endmacro %}

{% macro duckdb__local_date(column, kind, column_zone, zone) %}
    {%- if kind == 'date' -%}{{- return(column) -}}{%- endif -%}
    {%- if kind == 'timestamptz' -%}{{- return(headwater.local_date_of_instant(column, zone)) -}}{%- endif -%}
    {%- if column_zone == zone -%}{{- return("cast(" ~ column ~ " as date)") -}}{%- endif -%}
    {{- return(headwater.local_date_of_instant("timezone(" ~ headwater.duckdb__literal(column_zone) ~ ", " ~ column ~ ")", zone)) -}}
{% endmacro %}

{% macro duckdb__within(column, kind, column_zone, zone, first, end) %}
    {%- if kind == 'date' -%}{{- return(column ~ " >= date '" ~ first ~ "' and " ~ column ~ " < date '" ~ end ~ "'") -}}{%- endif -%}
    {%- set bounds = headwater.row(
        "select cast(timezone('UTC', " ~ headwater.start_of("date '" ~ first ~ "'", zone) ~ ") - interval 3 hour as varchar), cast(timezone('UTC', "
        ~ headwater.start_of("date '" ~ end ~ "'", zone) ~ ") + interval 3 hour as varchar)") -%}
    {%- if kind == 'timestamptz' -%}
        {{- return(column ~ " >= timestamptz '" ~ bounds[0] ~ "+00' and " ~ column ~ " < timestamptz '" ~ bounds[1] ~ "+00'") -}}
    {%- endif -%}
    {%- if column_zone == 'UTC' -%}
        {{- return(column ~ " >= timestamp '" ~ bounds[0] ~ "' and " ~ column ~ " < timestamp '" ~ bounds[1] ~ "'") -}}
    {%- endif -%}
    {%- set at = "timezone(" ~ headwater.duckdb__literal(column_zone) ~ ", " ~ column ~ ")" -%}
    {{- return(at ~ " >= timestamptz '" ~ bounds[0] ~ "+00' and " ~ at ~ " < timestamptz '" ~ bounds[1] ~ "+00'") -}}
{% endmacro %}

{# date_trunc knows weeks that start on Monday only: the date is moved there and back. #}
{% macro duckdb__trunc(grain, week_start, date) %}
    {%- if grain == 'day' -%}{{- return(date) -}}{%- endif -%}
    {%- if grain != 'week' or week_start == 0 -%}{{- return("cast(date_trunc('" ~ grain ~ "', " ~ date ~ ") as date)") -}}{%- endif -%}
    {{- return("(cast(date_trunc('week', " ~ date ~ " - " ~ week_start ~ ") as date) + " ~ week_start ~ ")") -}}
{% endmacro %}

{% macro duckdb__next_period(date, grain, zone) %}
    {%- if grain == 'month' -%}{{- return("cast(" ~ date ~ " + interval 1 month as date)") -}}{%- endif -%}
    {%- if grain == 'week' -%}{{- return("(" ~ date ~ " + 7)") -}}{%- endif -%}
    {%- if zone == 'UTC' -%}{{- return("(" ~ date ~ " + 1)") -}}{%- endif -%}
    {{- return("(case when " ~ headwater.duckdb__never_was("(" ~ date ~ " + 1)", zone) ~ " then " ~ date ~ " + 2 else " ~ date ~ " + 1 end)") -}}
{% endmacro %}

{# Midnight of a date that a zone skipped is an instant of the next date. #}
{% macro duckdb__never_was(date, zone) %}
    {{- return(headwater.local_date_of_instant("timezone(" ~ headwater.duckdb__literal(zone) ~ ", cast(" ~ date ~ " as timestamp))", zone) ~ " > " ~ date) -}}
{% endmacro %}

{% macro duckdb__period_index(plan, date) %}
    {%- if plan.grain == 'month' -%}{{- return("(extract(year from " ~ date ~ ") * 12 + extract(month from " ~ date ~ "))") -}}{%- endif -%}
    {%- if plan.grain == 'week' -%}
        {#- Whole weeks from a Monday long before any period; the start of a week lies up to six days after a Monday. -#}
        {{- return("cast(floor((" ~ date ~ " - date '0001-01-01') / 7.0) as bigint)") -}}
    {%- endif -%}
    {%- set skips = [] -%}
    {%- for day in plan.skipped -%}{%- do skips.append(" - case when " ~ date ~ " > date '" ~ day ~ "' then 1 else 0 end") -%}{%- endfor -%}
    {{- return("(" ~ date ~ " - date '1970-01-01'" ~ skips | join('') ~ ")") -}}
{% endmacro %}

{% macro duckdb__series(first, last, grain, skipped) %}
    {{- return(
        "select cast(d as date) as period from (select unnest(generate_series(timestamp '" ~ first ~ "', timestamp '" ~ last ~ "', interval 1 " ~ grain ~ ")) as d)"
        ~ (" where cast(d as date) not in (date '" ~ skipped | join("', date '") ~ "')" if skipped else '')) -}}
{% endmacro %}

{% macro duckdb__dates_that_never_were(first, last, zone) %}
    {{- return(
        "select cast(day as varchar) from (select cast(d as date) as day from (select unnest(generate_series(timestamp '" ~ first ~ "', timestamp '" ~ last
        ~ "', interval 1 day)) as d)) where " ~ headwater.duckdb__never_was('day', zone) ~ " order by day") -}}
{% endmacro %}

{# DuckDB orders NULL last inside a struct, so whether a dimension is there stands before it. #}
{% macro duckdb__latest(time, dimensions) %}
    {%- set fields = ["'at': " ~ headwater.ident(time)] -%}
    {%- for d in dimensions -%}
        {%- do fields.append("'has" ~ loop.index0 ~ "': " ~ headwater.ident(d) ~ " is not null") -%}
        {%- do fields.append("'d" ~ loop.index0 ~ "': " ~ headwater.ident(d)) -%}
    {%- endfor -%}
    {{- return("max({" ~ fields | join(', ') ~ "})") -}}
{% endmacro %}

{% macro duckdb__latest_at(value, i) %}{{ return(value ~ '.d' ~ i) }}{% endmacro %}

{% macro duckdb__leaf(dimensions, prefix) %}
    {%- if not dimensions -%}{{- return("cast('{}' as json)") -}}{%- endif -%}
    {%- set pairs = [] -%}
    {%- for d in dimensions -%}{%- do pairs.append(headwater.duckdb__literal(d) ~ ', ' ~ prefix ~ loop.index0) -%}{%- endfor -%}
    {{- return('json_object(' ~ pairs | join(', ') ~ ')') -}}
{% endmacro %}

{% macro duckdb__no_leaf() %}{{ return('cast(null as json)') }}{% endmacro %}

{% macro duckdb__tables_named(database, schema, names) %}
    {%- set quoted = [] -%}
    {%- for n in names -%}{%- do quoted.append(headwater.duckdb__literal(n)) -%}{%- endfor -%}
    {{- return(
        "select table_name from duckdb_tables() where database_name = " ~ headwater.duckdb__literal(database) ~ " and schema_name = " ~ headwater.duckdb__literal(schema)
        ~ " and table_name in (" ~ quoted | join(', ') ~ ")") -}}
{% endmacro %}
