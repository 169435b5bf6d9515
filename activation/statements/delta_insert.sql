insert into {{relation .Transitions}}
select period, from_state, to_state, from_dimensions, dimensions, users from headwater_merged
