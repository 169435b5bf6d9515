{# One row per user and active period: new, retained or reactivated, and what the user was before.
   Model: <fact>_activation_<daily|weekly|monthly>. It stands on the fact's model, so the model says
   -- depends_on: {{ ref('the fact's model') }} #}
{% macro activation(fact, grain) %}
    {%- do headwater.check_names(fact, grain) -%}
    {{- config(
        materialized='incremental', incremental_strategy='append', on_schema_change='ignore',
        pre_hook="{{ headwater.prepare_activation('" ~ fact ~ "', '" ~ grain ~ "') }}",
        meta=headwater.output_meta(fact, grain, 'activation')
    ) -}}
    {%- if execute -%}
        {%- do headwater.check_model(fact, grain, 'activation') -%}
        {%- set plan = headwater.activation_plan(fact, grain) -%}
        {%- if plan.first is none -%}
            {{- headwater.no_activity(plan) -}}
        {%- else -%}
            {{- headwater.activity(plan) -}}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{# The shape alone: nothing to build. #}
{% macro no_activity(plan) %}
select
    {{ headwater.ident(plan.fact.user) }} as user_id, cast(null as date) as period, cast(null as varchar) as state,
    cast(null as varchar) as from_state, cast(null as date) as first_period, cast(null as date) as previous_period,
    cast(null as integer) as gap, cast(null as integer) as streak, cast(null as integer) as active_periods
    {%- for d in plan.fact.dimensions %}, {{ headwater.ident(d) }}{% endfor %}
from {{ plan.fact.relation }}
where 1 = 0
{% endmacro %}


{# Scans the fact from plan.first to plan.last and chains each user's periods to what came before them. A run is a stretch of
   consecutive periods; run 0 goes on from before the range. #}
{% macro activity(plan) %}
{%- set fact = plan.fact -%}
with scan as (
    select
        {{ headwater.ident(fact.user) }} as user_id,
        {{ headwater.period_of_row(plan) }} as period
        {%- if fact.dimensions %},
        {{ headwater.latest(fact.time, fact.dimensions) }} as leaf
        {%- endif %}
    from {{ fact.relation }}
    where {{ headwater.ident(fact.user) }} is not null
        and {{ headwater.in_range(plan) }}
    group by 1, 2
),
{% if plan.whole -%}
ordered as (
    select
        scan.*, {{ headwater.period_index(plan, 'scan.period') }} as idx,
        row_number() over by_user as n,
        lag(scan.period) over by_user as earlier,
        cast(null as date) as prior_first, cast(null as date) as prior_last, 0 as prior_streak, 0 as prior_active
    from scan
    window by_user as (partition by scan.user_id order by scan.period)
),
{%- else -%}
{{ headwater.prior(plan, this, 'select user_id from scan') }},
ordered as (
    select
        scan.*, {{ headwater.period_index(plan, 'scan.period') }} as idx,
        row_number() over by_user as n,
        lag(scan.period) over by_user as earlier,
        prior.first_period as prior_first, prior.last_period as prior_last,
        coalesce(prior.streak, 0) as prior_streak, coalesce(prior.active_periods, 0) as prior_active
    from scan
    left join prior on prior.user_id = scan.user_id
    window by_user as (partition by scan.user_id order by scan.period)
),
{%- endif %}
linked as (
    select
        ordered.*,
        coalesce(prior_first, min(period) over (partition by user_id)) as first_period,
        coalesce(earlier, prior_last) as previous_period,
        idx - {{ headwater.period_index(plan, 'coalesce(earlier, prior_last)') }} as gap,
        prior_active + n as active_periods
    from ordered
),
runs as (
    select
        linked.*,
        sum(case when gap = 1 then 0 else 1 end) over (partition by user_id order by period rows unbounded preceding) as run
    from linked
),
counted as (
    select
        runs.*,
        row_number() over (partition by user_id, run order by period) + case when run = 0 then prior_streak else 0 end as streak
    from runs
)
select
    user_id,
    period,
    case when previous_period is null then 'new' when gap = 1 then 'retained' else 'reactivated' end as state,
    case
        when previous_period is null then 'none'
        when gap > 1 then 'inactive'
        when streak > 2 then 'retained'
        when active_periods = 2 then 'new'
        else 'reactivated'
    end as from_state,
    first_period,
    previous_period,
    cast(gap as integer) as gap,
    cast(streak as integer) as streak,
    cast(active_periods as integer) as active_periods
    {%- for d in fact.dimensions %},
    {{ headwater.latest_at('leaf', loop.index0) }} as {{ headwater.ident(d) }}
    {%- endfor %}
from counted
{% endmacro %}


{# The CTEs tail and prior: FirstLast as it was before plan.first, of the users that a query names. Rows are read that were
   written since FirstLast was last folded, and FirstLast: never the history. #}
{% macro prior(plan, activation, users) -%}
tail as (
    select a.*, row_number() over (partition by a.user_id order by a.period desc) as recency
    from {{ activation }} as a
    where {% if plan.base_until is not none %}a.period > date '{{ plan.base_until }}' and {% endif %}a.period < date '{{ plan.first }}'
        and a.user_id in ({{ users }})
),
prior as (
    select user_id, first_period, period as last_period, streak, active_periods
        {%- for d in plan.fact.dimensions %}, {{ headwater.ident(d) }} as d{{ loop.index0 }}{% endfor %}
    from tail
    where recency = 1
    {%- if plan.base_until is not none %}
    union all
    select user_id, first_period, last_period, streak, active_periods
        {%- for d in plan.fact.dimensions %}, {{ headwater.ident(d) }} as d{{ loop.index0 }}{% endfor %}
    from {{ plan.base }} as base
    where user_id in ({{ users }}) and not exists (select 1 from tail where tail.user_id = base.user_id)
    {%- endif %}
)
{%- endmacro %}
