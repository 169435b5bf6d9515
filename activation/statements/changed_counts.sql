-- How many users changed, and how many rows the outputs hold of them from the start of the range on.
-- args: start of the range
select
    (select count(*) from headwater_changed),
    (select count(*) from {{relation .Activation}} where period >= cast(? as date) and user_id in (select user_id from headwater_changed))
