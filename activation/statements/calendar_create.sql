-- The periods of a range, and the start of the one before each.
create or replace temp table headwater_calendar (period date, previous date)
