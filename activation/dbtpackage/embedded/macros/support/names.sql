{# How models are named and what their meta says, by which headwater recognises them. #}

{% macro adverb(grain) %}
    {%- set adverbs = {'day': 'daily', 'week': 'weekly', 'month': 'monthly'} -%}
    {%- if grain not in adverbs -%}
        {%- do exceptions.raise_compiler_error("headwater: '" ~ grain ~ "' is no grain of a fact; write 'day', 'week' or 'month'.") -%}
    {%- endif -%}
    {{- return(adverbs[grain]) -}}
{% endmacro %}


{% macro output_name(fact, kind, grain) %}
    {{- return(fact ~ '_' ~ kind ~ '_' ~ headwater.adverb(grain)) -}}
{% endmacro %}


{% macro output_meta(fact, grain, kind) %}
    {{- return({'headwater': {'output': {'fact': fact, 'grain': grain, 'kind': kind}}}) -}}
{% endmacro %}


{# What may stand in a hook and in a table's name. #}
{% macro check_names(fact, grain) %}
    {%- do headwater.adverb(grain) -%}
    {%- if not modules.re.match('^[a-z][a-z0-9_]*$', fact ~ '') -%}
        {%- do exceptions.raise_compiler_error("headwater: a fact is named '" ~ fact ~ "'; names are snake_case, like app_visit.") -%}
    {%- endif -%}
{% endmacro %}


{# Models find each other by name, so a model of another name would never be found. #}
{% macro check_model(fact, grain, kind) %}
    {%- set name = headwater.output_name(fact, kind, grain) -%}
    {%- if model.name != name -%}
        {%- do exceptions.raise_compiler_error(
            "headwater: the model " ~ model.name ~ " makes the output " ~ kind ~ " of fact " ~ fact ~ " by " ~ grain
            ~ ", which the other outputs look for under the name " ~ name ~ ". Rename its file to " ~ name ~ ".sql; an alias may be anything.") -%}
    {%- endif -%}
{% endmacro %}


{# The tables beside the outputs. builds: one row a build of each output. calendar: one row a built period. base: FirstLast,
   complete up to the base_until of the last build of activation. #}
{% macro auxiliary(activation, fact, grain) %}
    {%- set aux = {} -%}
    {%- for part in ['builds', 'calendar', 'base'] -%}
        {%- do aux.update({part: api.Relation.create(
            database=activation.database, schema=activation.schema, identifier=headwater.output_name(fact, 'headwater_' ~ part, grain))}) -%}
    {%- endfor -%}
    {{- return(aux) -}}
{% endmacro %}


{# The relation of one of a fact's outputs, wherever its model puts it. #}
{% macro output_relation(fact, grain, kind) %}
    {%- set wanted = {'fact': fact, 'grain': grain, 'kind': kind} -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' -%}
        {%- if headwater.meta_of(node).get('output') == wanted -%}
            {{- return(api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias)) -}}
        {%- endif -%}
    {%- endfor -%}
    {%- do exceptions.raise_compiler_error(
        "headwater: this test reads the output " ~ kind ~ " of fact " ~ fact ~ " by " ~ grain ~ ", which no model makes. Add "
        ~ headwater.output_name(fact, kind, grain) ~ ".sql with {{ headwater." ~ kind ~ "('" ~ fact ~ "', '" ~ grain ~ "') }}.") -%}
{% endmacro %}


{# The headwater part of a node's meta, wherever dbt keeps it. #}
{% macro meta_of(node) %}
    {%- set found = {} -%}
    {%- for meta in [node.get('meta'), node.get('config', {}).get('meta')] if meta -%}
        {%- if meta.get('activation') -%}{%- do found.update({'fact': meta.get('activation')}) -%}{%- endif -%}
        {%- if meta.get('headwater') -%}{%- do found.update(meta.get('headwater')) -%}{%- endif -%}
    {%- endfor -%}
    {{- return(found) -}}
{% endmacro %}


{# The output that a relation under test is; tests are told nothing but their model. #}
{% macro output_of(relation) %}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' -%}
        {%- set output = headwater.meta_of(node).get('output') -%}
        {%- if output and node.alias == relation.identifier and node.schema == relation.schema and node.database == relation.database -%}
            {{- return(output) -}}
        {%- endif -%}
    {%- endfor -%}
    {%- do exceptions.raise_compiler_error(
        "headwater: " ~ relation ~ " is no output of headwater's macros, so its identities cannot be tested. Put the test on a model such as app_visit_periods_daily.") -%}
{% endmacro %}


{# The transitions, and nobody's move in each built period: one in which nobody moves has no row of its own. #}
{% macro with_every_period(transitions) %}
select period, from_state, to_state, users from {{ transitions }}
    {%- if execute %}
        {%- set o = headwater.output_of(transitions) %}
        {%- set aux = headwater.auxiliary(headwater.output_relation(o.fact, o.grain, 'activation'), o.fact, o.grain) %}
union all
select period, 'none', 'none', 0 from {{ aux.calendar }}
    {%- endif -%}
{% endmacro %}
