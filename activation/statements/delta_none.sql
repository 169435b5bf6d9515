-- Nobody changed.
create or replace temp table headwater_delta as select period, to_state, users from {{relation .Transitions}} limit 0
