-- No activity is left of the changed users.
create or replace temp table headwater_states as select * from headwater_states_before limit 0
