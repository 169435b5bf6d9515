-- The user whose key, as text, is the argument.
-- args: the key
create or replace temp table headwater_changed as
select distinct user_id from {{relation .Activation}} where cast(user_id as varchar) = ?
