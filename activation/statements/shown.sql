-- How many users of a period some upstream relations show in a part of it.
-- args: of each relation start and end of the part; the period
with came as ({{template "came" .}})
select count(*)
from {{relation .Activation}}
where period = cast(? as date) and cast(user_id as varchar) in (select headwater_user from came)
