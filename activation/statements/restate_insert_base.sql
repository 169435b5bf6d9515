-- The changed users in FirstLast's base: their last row up to base_until, or the one before the range.
-- args: base_until
insert into {{relation .Base}}
with latest as (
    select *, row_number() over (partition by user_id order by period desc) as recency
    from headwater_states
    where period <= cast(? as date)
)
select user_id, first_period, period, previous_period, streak, active_periods{{range $i, $d := .Dimensions}}, d{{$i}}{{end}}
from latest
{{- if .Dimensions}}
inner join headwater_leaves as leaves on leaves.leaf = latest.leaf
{{- end}}
where recency = 1
union all
select user_id, first_period, last_period, previous_period, streak, active_periods{{range $i, $d := .Dimensions}}, d{{$i}}{{end}}
from headwater_prior as prior
where not exists (select 1 from latest where latest.user_id = prior.user_id)
