-- What the outputs hold of the changed users from the start of the range on.
-- args: start of the range
create or replace temp table headwater_before as
select user_id, period{{range $i, $d := .Dimensions}}, {{ident $d}} as d{{$i}}{{end}}
from {{relation .Activation}}
where period >= cast(? as date) and user_id in (select user_id from headwater_changed)
