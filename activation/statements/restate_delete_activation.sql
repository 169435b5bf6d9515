-- args: start of the range
delete from {{relation .Activation}}
where period >= cast(? as date) and user_id in (select user_id from headwater_changed)
