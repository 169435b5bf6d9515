{# Everything that engines spell differently. Each macro is dispatched: <adapter>__<name> here, or in your own project with
   dispatch: [{macro_namespace: headwater, search_order: [your_project, headwater]}] in dbt_project.yml.
   An expression is SQL; date and instant expressions are of the types DATE and TIMESTAMP WITH TIME ZONE. #}

{% macro unsupported(name) %}
    {%- do exceptions.raise_compiler_error(
        "headwater: there is no SQL for the adapter " ~ adapter.type() ~ " yet. Implement the macro " ~ adapter.type() ~ "__" ~ name
        ~ " (what it has to give stands in macros/dialect/dialect.sql of the package headwater) and name your project in dispatch.search_order.") -%}
{% endmacro %}

{# A column's name, quoted. #}
{% macro ident(name) %}{{ return(adapter.dispatch('ident', 'headwater')(name)) }}{% endmacro %}
{% macro default__ident(name) %}{{ headwater.unsupported('ident') }}{% endmacro %}

{# What a column's type is as a time: date, timestamp, timestamptz, or none. #}
{% macro kind_of_type(type) %}{{ return(adapter.dispatch('kind_of_type', 'headwater')(type)) }}{% endmacro %}
{% macro default__kind_of_type(type) %}{{ headwater.unsupported('kind_of_type') }}{% endmacro %}

{# An instant from its text, such as 2026-06-09T03:00:00Z. #}
{% macro instant(text) %}{{ return(adapter.dispatch('instant', 'headwater')(text)) }}{% endmacro %}
{% macro default__instant(text) %}{{ headwater.unsupported('instant') }}{% endmacro %}

{# An instant some seconds later, as a TIMESTAMP in UTC. #}
{% macro instant_text(instant, seconds) %}{{ return(adapter.dispatch('instant_text', 'headwater')(instant, seconds)) }}{% endmacro %}
{% macro default__instant_text(instant, seconds) %}{{ headwater.unsupported('instant_text') }}{% endmacro %}

{# The instant some seconds before another. #}
{% macro instant_before(instant, seconds) %}{{ return(adapter.dispatch('instant_before', 'headwater')(instant, seconds)) }}{% endmacro %}
{% macro default__instant_before(instant, seconds) %}{{ headwater.unsupported('instant_before') }}{% endmacro %}

{# The local date of an instant. #}
{% macro local_date_of_instant(instant, zone) %}{{ return(adapter.dispatch('local_date_of_instant', 'headwater')(instant, zone)) }}{% endmacro %}
{% macro default__local_date_of_instant(instant, zone) %}{{ headwater.unsupported('local_date_of_instant') }}{% endmacro %}

{# The first instant of a local date, also where clocks skip midnight or strike it twice. #}
{% macro start_of(date, zone) %}{{ return(adapter.dispatch('start_of', 'headwater')(date, zone)) }}{% endmacro %}
{% macro default__start_of(date, zone) %}{{ headwater.unsupported('start_of') }}{% endmacro %}

{# The local date of a column of a kind; one without a zone is read in column_zone. #}
{% macro local_date(column, kind, column_zone, zone) %}{{ return(adapter.dispatch('local_date', 'headwater')(column, kind, column_zone, zone)) }}{% endmacro %}
{% macro default__local_date(column, kind, column_zone, zone) %}{{ headwater.unsupported('local_date') }}{% endmacro %}

{# A condition that holds for every row with a local date in [first, end), and for few others: warehouses prune by it. #}
{% macro within(column, kind, column_zone, zone, first, end) %}{{ return(adapter.dispatch('within', 'headwater')(column, kind, column_zone, zone, first, end)) }}{% endmacro %}
{% macro default__within(column, kind, column_zone, zone, first, end) %}{{ headwater.unsupported('within') }}{% endmacro %}

{# The start date of the period that holds a date. week_start counts days from Monday. #}
{% macro trunc(grain, week_start, date) %}{{ return(adapter.dispatch('trunc', 'headwater')(grain, week_start, date)) }}{% endmacro %}
{% macro default__trunc(grain, week_start, date) %}{{ headwater.unsupported('trunc') }}{% endmacro %}

{# The start date of the period after the one that starts on a date. #}
{% macro next_period(date, grain, zone) %}{{ return(adapter.dispatch('next_period', 'headwater')(date, grain, zone)) }}{% endmacro %}
{% macro default__next_period(date, grain, zone) %}{{ headwater.unsupported('next_period') }}{% endmacro %}

{# A number of a start date that is one more for the next period; NULL for NULL. The dates in plan.skipped never were. #}
{% macro period_index(plan, date) %}{{ return(adapter.dispatch('period_index', 'headwater')(plan, date)) }}{% endmacro %}
{% macro default__period_index(plan, date) %}{{ headwater.unsupported('period_index') }}{% endmacro %}

{# A query for the column period: the start dates from first to last, both included, without those in skipped. #}
{% macro series(first, last, grain, skipped) %}{{ return(adapter.dispatch('series', 'headwater')(first, last, grain, skipped)) }}{% endmacro %}
{% macro default__series(first, last, grain, skipped) %}{{ headwater.unsupported('series') }}{% endmacro %}

{# A query for the dates, as text, from first to last that the zone skipped. #}
{% macro dates_that_never_were(first, last, zone) %}{{ return(adapter.dispatch('dates_that_never_were', 'headwater')(first, last, zone)) }}{% endmacro %}
{% macro default__dates_that_never_were(first, last, zone) %}{{ headwater.unsupported('dates_that_never_were') }}{% endmacro %}

{# An aggregate: the dimensions of the row with the greatest time, ties to the greatest tuple of them, NULL smallest. #}
{% macro latest(time, dimensions) %}{{ return(adapter.dispatch('latest', 'headwater')(time, dimensions)) }}{% endmacro %}
{% macro default__latest(time, dimensions) %}{{ headwater.unsupported('latest') }}{% endmacro %}

{# Dimension number i of what latest gave. #}
{% macro latest_at(value, i) %}{{ return(adapter.dispatch('latest_at', 'headwater')(value, i)) }}{% endmacro %}
{% macro default__latest_at(value, i) %}{{ headwater.unsupported('latest_at') }}{% endmacro %}

{# A JSON object of the columns prefix0, prefix1 …, keyed by the dimensions in their order: numbers and booleans as such, NULL as
   null, the rest as text. #}
{% macro leaf(dimensions, prefix) %}{{ return(adapter.dispatch('leaf', 'headwater')(dimensions, prefix)) }}{% endmacro %}
{% macro default__leaf(dimensions, prefix) %}{{ headwater.unsupported('leaf') }}{% endmacro %}

{# NULL of the type of a leaf. #}
{% macro no_leaf() %}{{ return(adapter.dispatch('no_leaf', 'headwater')()) }}{% endmacro %}
{% macro default__no_leaf() %}{{ headwater.unsupported('no_leaf') }}{% endmacro %}

{# A query for the names of those tables that a schema has. #}
{% macro tables_named(database, schema, names) %}{{ return(adapter.dispatch('tables_named', 'headwater')(database, schema, names)) }}{% endmacro %}
{% macro default__tables_named(database, schema, names) %}{{ headwater.unsupported('tables_named') }}{% endmacro %}
