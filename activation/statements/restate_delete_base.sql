delete from {{relation .Base}} where user_id in (select user_id from headwater_changed)
