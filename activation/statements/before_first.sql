-- The first period in which the changed users were active.
select min(period) from headwater_before
