-- Users of whom the source says today something else about the range than the outputs do.
-- args: first and last period
create or replace temp table headwater_changed as
with now as (
    select user_id, period{{range $i, $d := .Dimensions}}, d{{$i}}{{end}}
    from headwater_scan as scan
    {{- if .Dimensions}}
    inner join headwater_leaves as leaves on leaves.leaf = scan.leaf
    {{- end}}
    where user_id is not null
),
before as (
    select user_id, period{{range $i, $d := .Dimensions}}, {{ident $d}} as d{{$i}}{{end}}
    from {{relation .Activation}}
    where period between cast(? as date) and cast(? as date)
)
select distinct coalesce(now.user_id, before.user_id) as user_id
from now
full join before on before.user_id = now.user_id and before.period = now.period
where now.user_id is null or before.user_id is null
    {{- range $i, $d := .Dimensions}} or now.d{{$i}} is distinct from before.d{{$i}}{{end}}
