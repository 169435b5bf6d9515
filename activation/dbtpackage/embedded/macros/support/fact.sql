{# A fact's definition: from the variable headwater_facts, else from the meta of the fact's model. Known at execution only. #}
{% macro definition(name) %}
    {%- set node_and_fact = headwater.declared(name) -%}
    {%- set node = node_and_fact[0] -%}
    {%- set fact = node_and_fact[1] -%}
    {%- do headwater.check_keys(name, fact) -%}
    {%- set relation = api.Relation.create(database=node.database, schema=node.schema, identifier=node.get('identifier') or node.alias) -%}
    {%- set time = fact.get('time') or node.config.get('event_time') -%}
    {%- if not fact.get('user') or not time -%}
        {%- do exceptions.raise_compiler_error(
            "headwater: fact " ~ name ~ " lacks " ~ ('time, and its model has no event_time config' if fact.get('user') else 'user')
            ~ ". Name the column in meta.headwater.fact of " ~ node.name ~ ".") -%}
    {%- endif -%}
    {{- return({
        'name': name, 'model': node.unique_id, 'relation': relation, 'user': fact.user, 'time': time,
        'dimensions': fact.get('dimensions') or [], 'timezone': fact.get('timezone') or 'UTC',
        'week_start': headwater.weekday(name, fact.get('week_start') or 'monday'),
        'column_zone': fact.get('time_zone_of_column') or 'UTC',
        'begin': headwater.moment(fact.get('begin'), 'begin of fact ' ~ name),
        'settle': headwater.seconds(name, 'settle', fact.get('settle')),
        'keeps': headwater.seconds(name, 'expires_after', fact.get('expires_after') or (headwater.meta_of(node).get('partition') or {}).get('expires_after')),
    }) -}}
{% endmacro %}


{% macro declared(name) %}
    {%- set given = var('headwater_facts', []) -%}
    {%- if given is mapping -%}
        {%- set listed = [] -%}
        {%- for key, value in given.items() -%}{%- do listed.append(dict(value, name=key)) -%}{%- endfor -%}
        {%- set given = listed -%}
    {%- endif -%}
    {%- for fact in given if fact.get('name') == name -%}
        {{- return([headwater.model_of(name, fact), fact]) -}}
    {%- endfor -%}
    {%- set known = [] -%}
    {%- for node in headwater.tables() -%}
        {%- set fact = headwater.meta_of(node).get('fact') -%}
        {%- if fact is mapping and fact.get('name') == name -%}{{- return([node, fact]) -}}{%- endif -%}
        {%- if fact is mapping -%}{%- do known.append(fact.get('name') ~ '') -%}{%- endif -%}
    {%- endfor -%}
    {%- do exceptions.raise_compiler_error(
        "headwater: no model declares the fact " ~ name ~ ". Declare it in its model's meta: {headwater: {fact: {name: " ~ name
        ~ ", user: …, time: …, dimensions: […]}}}, or in the variable headwater_facts. Declared are: " ~ (known | sort | join(', ') or 'none') ~ ".") -%}
{% endmacro %}


{% macro tables() %}
    {{- return((graph.nodes.values() | selectattr('resource_type', 'in', ['model', 'seed', 'snapshot']) | list) + (graph.sources.values() | list)) -}}
{% endmacro %}


{% macro model_of(name, fact) %}
    {%- for node in headwater.tables() if fact.get('model') in [node.name, node.unique_id, node.get('source_name', '') ~ '.' ~ node.name] -%}
        {{- return(node) -}}
    {%- endfor -%}
    {%- do exceptions.raise_compiler_error(
        "headwater: the variable headwater_facts says that fact " ~ name ~ " is model '" ~ fact.get('model') ~ "', which is no model, seed, snapshot or source of this project.") -%}
{% endmacro %}


{% macro check_keys(name, fact) %}
    {%- set valid = ['name', 'model', 'relation', 'user', 'time', 'grains', 'dimensions', 'timezone', 'week_start', 'time_zone_of_column', 'begin', 'history', 'settle', 'expires_after'] -%}
    {%- for key in fact if key not in valid -%}
        {%- do exceptions.raise_compiler_error("headwater: fact " ~ name ~ " has the unknown key '" ~ key ~ "'. Valid are " ~ valid | join(', ') ~ ".") -%}
    {%- endfor -%}
    {%- for column in [fact.get('user'), fact.get('time')] + (fact.get('dimensions') or []) if column and '"' in column -%}
        {%- do exceptions.raise_compiler_error("headwater: fact " ~ name ~ ": dbt cannot write a column with a quote in its name, which " ~ column ~ " has. Rename it in the fact's model.") -%}
    {%- endfor -%}
{% endmacro %}


{# Days from Monday to the week's start. #}
{% macro weekday(name, day) %}
    {%- set days = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] -%}
    {%- if day | lower not in days -%}
        {%- do exceptions.raise_compiler_error("headwater: fact " ~ name ~ ": '" ~ day ~ "' is not a weekday; week_start is one of " ~ days | join(', ') ~ ".") -%}
    {%- endif -%}
    {{- return(days.index(day | lower)) -}}
{% endmacro %}


{# A date, or an instant with its zone; none where there is neither. YAML may have read it as either. #}
{% macro moment(value, what) %}
    {%- if value is none or value is undefined or value ~ '' == '' -%}{{- return(none) -}}{%- endif -%}
    {%- set text = (value ~ '') | trim -%}
    {%- if modules.re.match('^\d{4}-\d\d-\d\d$', text) -%}{{- return({'text': text, 'date': true}) -}}{%- endif -%}
    {%- if modules.re.match('^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$', text) -%}{{- return({'text': text, 'date': false}) -}}{%- endif -%}
    {%- do exceptions.raise_compiler_error(
        "headwater: " ~ what ~ " is '" ~ text ~ "', which is neither a date (2026-06-09) nor an instant (2026-06-09T03:00:00Z).") -%}
{% endmacro %}


{# A length of time such as 90s, 15m, 3h, 1d or 2w, in seconds. #}
{% macro seconds(name, field, value) %}
    {%- if not value -%}{{- return(0) -}}{%- endif -%}
    {%- set units = {'s': 1, 'm': 60, 'h': 3600, 'd': 86400, 'w': 604800} -%}
    {%- if not modules.re.match('^(\d+(\.\d+)?[smhdw])+$', value ~ '') -%}
        {%- do exceptions.raise_compiler_error("headwater: fact " ~ name ~ ": " ~ field ~ " is '" ~ value ~ "'; write it like 15m, 3h or 1d.") -%}
    {%- endif -%}
    {%- set total = namespace(seconds=0) -%}
    {%- for part in modules.re.findall('([\d.]+)([smhdw])', value ~ '') -%}
        {%- set total.seconds = total.seconds + (part[0] | float) * units[part[1]] -%}
    {%- endfor -%}
    {{- return(total.seconds) -}}
{% endmacro %}


{# What the outputs were computed by. Another hash means that they have to be built again. #}
{% macro definition_hash(fact) %}
    {{- return(local_md5(tojson([
        fact.relation ~ '', fact.user, fact.time, fact.dimensions, fact.timezone, fact.week_start, fact.column_zone,
        fact.begin.text if fact.begin else none]))[:16]) -}}
{% endmacro %}


{# The fact as its relation is today: columns as the warehouse spells them, and what kind of time it has. #}
{% macro bound(fact) %}
    {%- if fact.model not in model.depends_on.nodes -%}
        {%- set source = fact.model.startswith('source.') -%}
        {%- do exceptions.raise_compiler_error(
            "headwater: fact " ~ fact.name ~ " reads " ~ fact.model ~ ", which dbt does not know to build first. Begin the model " ~ model.name
            ~ " with: -- depends_on: {{ " ~ ("source('" ~ fact.model.split('.')[-2] ~ "', '" if source else "ref('") ~ fact.model.split('.')[-1] ~ "') }}") -%}
    {%- endif -%}
    {%- set columns = adapter.get_columns_in_relation(fact.relation) -%}
    {%- set by_name = {} -%}
    {%- for c in columns -%}{%- do by_name.update({c.name | lower: c}) -%}{%- endfor -%}
    {%- for column in [fact.user, fact.time] + fact.dimensions if column | lower not in by_name -%}
        {%- do exceptions.raise_compiler_error(
            "headwater: fact " ~ fact.name ~ ": " ~ fact.relation ~ " has no column '" ~ column ~ "'. Its columns: " ~ columns | map(attribute='name') | join(', ') ~ ".") -%}
    {%- endfor -%}
    {%- set dimensions = [] -%}
    {%- for d in fact.dimensions -%}{%- do dimensions.append(by_name[d | lower].name) -%}{%- endfor -%}
    {%- set time = by_name[fact.time | lower] -%}
    {{- return(dict(fact, user=by_name[fact.user | lower].name, time=time.name, dimensions=dimensions, time_kind=headwater.time_kind(fact, time))) -}}
{% endmacro %}


{% macro time_kind(fact, column) %}
    {%- set kind = headwater.kind_of_type(column.dtype) -%}
    {%- if kind is none -%}
        {%- do exceptions.raise_compiler_error(
            "headwater: fact " ~ fact.name ~ ": column " ~ column.name ~ " is " ~ column.dtype ~ "; a fact's time is a date or a timestamp.") -%}
    {%- endif -%}
    {{- return(kind) -}}
{% endmacro %}
