{# What a run has to build. Computed when the model is compiled, and again, to the same result, in its hook: nothing changes
   between the two. #}
{% macro activation_plan(fact, grain) %}
    {%- set fact = headwater.bound(headwater.definition(fact)) -%}
    {%- set plan = headwater.auxiliary(this, fact.name, grain) -%}
    {%- do plan.update({
        'fact': fact, 'grain': grain, 'definition': headwater.definition_hash(fact), 'as_of': headwater.as_of(),
        'incremental': is_incremental(), 'first': none, 'last': none, 'base_until': none, 'fold': none, 'skipped': []}) -%}
    {%- set built = headwater.built(plan) -%}
    {%- do plan.update({'build': built.builds + 1, 'whole': not plan.incremental or built.first is none}) -%}
    {%- if not plan.whole and built.definition != plan.definition -%}
        {%- do exceptions.raise_compiler_error(
            "headwater: the definition of fact " ~ fact.name ~ " changed since " ~ this ~ " was built (columns, zone, week start or begin), so all of it has to be built again: dbt build --full-refresh --select "
            ~ model.name ~ "+") -%}
    {%- endif -%}
    {%- do headwater.choose_range(plan, built) -%}
    {%- if plan.first is not none -%}
        {%- do plan.update({'whole': plan.whole or plan.first <= built.first}) -%}
        {%- do headwater.choose_fold(plan, built) -%}
        {%- do plan.update({'skipped': headwater.skipped_dates(fact, grain, [plan.first if built.first is none else built.first, plan.first] | min, plan.last)}) -%}
    {%- endif -%}
    {{- return(plan) -}}
{% endmacro %}


{# The instant of the run, as SQL: variable headwater_as_of, else when dbt started. #}
{% macro as_of() %}
    {%- set given = headwater.moment(var('headwater_as_of', none), 'the variable headwater_as_of') -%}
    {%- if given is none -%}
        {{- return(headwater.instant(run_started_at.strftime('%Y-%m-%dT%H:%M:%SZ'))) -}}
    {%- endif -%}
    {{- return(headwater.start_of("date '" ~ given.text ~ "'", 'UTC') if given.date else headwater.instant(given.text)) -}}
{% endmacro %}


{# What the earlier builds left: none of it where there were none. #}
{% macro built(plan) %}
    {%- set names = [plan.builds.identifier, plan.calendar.identifier, plan.base.identifier] -%}
    {%- set state = {'builds': 0, 'definition': none, 'base_until': none, 'first': none, 'last': none, 'open': none} -%}
    {%- if headwater.present(plan.builds.database, plan.builds.schema, names) | length < 3 -%}{{- return(state) -}}{%- endif -%}
    {%- set last = headwater.row("select build, definition, cast(base_until as varchar) from " ~ plan.builds ~ " where kind = 'activation' order by build desc limit 1") -%}
    {%- if last is none -%}{{- return(state) -}}{%- endif -%}
    {%- set end = headwater.instant_text(headwater.start_of(headwater.next_period('period', plan.grain, plan.fact.timezone), plan.fact.timezone), plan.fact.settle) -%}
    {%- set span = headwater.row(
        "select cast(min(period) as varchar), cast(max(period) as varchar), cast(min(case when built_at < " ~ end ~ " then period end) as varchar), "
        ~ "max(case when built_at < " ~ end ~ " and built_at < " ~ headwater.instant_text(plan.as_of, 0) ~ " then 1 else 0 end) from " ~ plan.calendar) -%}
    {%- do state.update({'builds': last[0] | int, 'definition': last[1], 'base_until': last[2], 'first': span[0], 'last': span[1], 'open': span[2] if span[3] else none}) -%}
    {{- return(state) -}}
{% endmacro %}


{# Sets first and last: from what is unbuilt, was open when last built, or was asked for, to the period open now or the last one
   built. Nothing to do leaves both none. #}
{% macro choose_range(plan, built) %}
    {%- set fact = plan.fact -%}
    {%- set open = headwater.scalar("cast(" ~ headwater.period_at(plan.as_of, plan.grain, fact) ~ " as varchar)") -%}
    {%- set asked = headwater.moment(var('headwater_from', none), 'the variable headwater_from') -%}
    {%- if plan.whole -%}
        {%- set first = headwater.first_period(plan) -%}
    {%- elif asked is not none -%}
        {%- set after = headwater.scalar("cast(" ~ headwater.next_period("date '" ~ built.last ~ "'", plan.grain, fact.timezone) ~ " as varchar)") -%}
        {%- set date = "date '" ~ asked.text ~ "'" if asked.date else headwater.local_date_of_instant(headwater.instant(asked.text), fact.timezone) -%}
        {%- set wanted = headwater.scalar("cast(" ~ headwater.trunc(plan.grain, fact.week_start, date) ~ " as varchar)") -%}
        {%- set first = [headwater.not_before(plan, built, wanted), after] | min -%}
    {%- elif built.open is not none -%}
        {%- set first = built.open -%}
    {%- else -%}
        {%- set first = headwater.scalar("cast(" ~ headwater.next_period("date '" ~ built.last ~ "'", plan.grain, fact.timezone) ~ " as varchar)") -%}
    {%- endif -%}
    {%- if first is not none and first <= open -%}
        {%- set last = open if plan.whole or built.last is none else [open, built.last] | max -%}
        {%- do headwater.check_length(plan, first, last) -%}
        {%- do plan.update({'first': first, 'last': last}) -%}
        {%- do plan.update({'end': headwater.scalar("cast(" ~ headwater.next_period("date '" ~ last ~ "'", plan.grain, fact.timezone) ~ " as varchar)")}) -%}
    {%- endif -%}
{% endmacro %}


{# From where a restatement that was asked for can begin: not before begin, which without a declaration is the first period with a row;
   and not in frozen periods, of which the fact has dropped rows. #}
{% macro not_before(plan, built, wanted) %}
    {%- set fact = plan.fact -%}
    {%- set first = built.first -%}
    {%- if fact.begin is none and wanted < first -%}
        {%- set found = headwater.first_period(plan) -%}
        {%- set first = [found, first] | min if found is not none else first -%}
    {%- endif -%}
    {%- set first = [wanted, first] | max -%}
    {%- if fact.keeps -%}
        {%- set oldest = headwater.local_date_of_instant(headwater.instant_before(plan.as_of, fact.keeps), fact.timezone) -%}
        {%- set period = headwater.trunc(plan.grain, fact.week_start, oldest) -%}
        {%- set kept = headwater.scalar(
            "cast(case when " ~ period ~ " < " ~ oldest ~ " then " ~ headwater.next_period(period, plan.grain, fact.timezone) ~ " else " ~ period ~ " end as varchar)") -%}
        {%- set first = [first, kept] | max -%}
    {%- endif -%}
    {{- return(first) -}}
{% endmacro %}


{# The first period that counts: the first that starts at or after begin, else the first with a row of a user. #}
{% macro first_period(plan) %}
    {%- set fact = plan.fact -%}
    {%- if fact.begin is none -%}
        {%- set local = headwater.local_date(headwater.ident(fact.time), fact.time_kind, fact.column_zone, fact.timezone) -%}
        {%- set found = headwater.row(
            "select cast(" ~ headwater.trunc(plan.grain, fact.week_start, 'min(' ~ local ~ ')') ~ " as varchar) from " ~ fact.relation
            ~ " where " ~ headwater.ident(fact.user) ~ " is not null") -%}
        {{- return(found[0]) -}}
    {%- endif -%}
    {%- set begin = headwater.start_of("date '" ~ fact.begin.text ~ "'", fact.timezone) if fact.begin.date else headwater.instant(fact.begin.text) -%}
    {%- set period = headwater.period_at(begin, plan.grain, fact) -%}
    {{- return(headwater.scalar(
        "cast(case when " ~ headwater.start_of(period, fact.timezone) ~ " < " ~ begin ~ " then "
        ~ headwater.next_period(period, plan.grain, fact.timezone) ~ " else " ~ period ~ " end as varchar)")) -}}
{% endmacro %}


{% macro check_length(plan, first, last) %}
    {%- set from_year = first.split('-')[0] | int -%}
    {%- set years = (last.split('-')[0] | int) - from_year -%}
    {%- if years * {'day': 365, 'week': 52, 'month': 12}[plan.grain] > 100000 -%}
        {%- do exceptions.raise_compiler_error(
            "headwater: fact " ~ plan.fact.name ~ ", begin: the first row is of " ~ first ~ ", which makes more than 100000 periods to build. Set begin to the first date that can be trusted.") -%}
    {%- endif -%}
{% endmacro %}


{# Whether FirstLast is folded before the build: made anew where it holds later periods than those before the range, and brought up
   to date where half as many rows have gathered since as it has users. #}
{% macro choose_fold(plan, built) %}
    {%- if plan.whole -%}{{- return('') -}}{%- endif -%}
    {%- set day_before = headwater.scalar("cast(date '" ~ plan.first ~ "' - 1 as varchar)") -%}
    {%- if built.base_until is none or built.base_until >= plan.first -%}
        {%- do plan.update({'fold': 'anew', 'base_until': day_before}) -%}
        {{- return('') -}}
    {%- endif -%}
    {%- set sizes = headwater.row(
        "select (select count(*) from " ~ this ~ " where period > date '" ~ built.base_until ~ "' and period < date '" ~ plan.first ~ "'), (select count(*) from " ~ plan.base ~ ")") -%}
    {%- if sizes[0] > 0 and sizes[0] * 2 >= sizes[1] -%}
        {%- do plan.update({'fold': 'since', 'folded_until': built.base_until, 'base_until': day_before}) -%}
    {%- else -%}
        {%- do plan.update({'base_until': built.base_until}) -%}
    {%- endif -%}
{% endmacro %}


{# What an output that is derived from activation has to build: from the first period of the builds that it has not seen. #}
{% macro derived_plan(fact, grain, kind, activation) %}
    {%- set plan = headwater.auxiliary(activation, fact, grain) -%}
    {%- do plan.update({'fact': headwater.definition(fact), 'grain': grain, 'first': none, 'before': none, 'whole': true, 'base_until': none, 'seen': 0, 'incremental': is_incremental()}) -%}
    {%- if headwater.present(plan.builds.database, plan.builds.schema, [plan.builds.identifier, plan.calendar.identifier]) | length < 2 -%}{{- return(plan) -}}{%- endif -%}
    {%- set parent = 'transitions' if kind == 'periods' else 'activation' -%}
    {%- set seen = headwater.row("select coalesce(max(case when kind = '" ~ kind ~ "' then build end), 0), coalesce(max(case when kind = '" ~ parent ~ "' then build end), 0) from " ~ plan.builds) -%}
    {%- do plan.update({'seen': seen[1]}) -%}
    {%- set news = headwater.row(
        "select cast(min(first) as varchar), coalesce(max(case when whole then 1 else 0 end), 0) from " ~ plan.builds
        ~ " where kind = 'activation' and build > " ~ seen[0] ~ " and build <= " ~ seen[1]) -%}
    {%- set first_built = headwater.row("select cast(min(period) as varchar) from " ~ plan.calendar)[0] -%}
    {%- do plan.update({'whole': not plan.incremental or news[1] == 1 or (news[0] is not none and news[0] <= first_built)}) -%}
    {%- do plan.update({'first': first_built if plan.whole else news[0]}) -%}
    {%- if plan.first is not none and not plan.whole -%}
        {%- do plan.update({'before': headwater.row("select cast(max(period) as varchar) from " ~ plan.calendar ~ " where period < date '" ~ plan.first ~ "'")[0]}) -%}
        {%- set base_until = headwater.row("select cast(" ~ headwater.base_until_now(plan) ~ " as varchar)")[0] -%}
        {%- do plan.update({'base_until': base_until if base_until is not none and base_until < plan.first else none}) -%}
    {%- endif -%}
    {{- return(plan) -}}
{% endmacro %}
