-- Nobody changed.
create or replace temp table headwater_moves as
select period, from_state, to_state, from_dimensions, dimensions, users from {{relation .Transitions}} limit 0
