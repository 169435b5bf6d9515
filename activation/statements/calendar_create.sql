create or replace temp table headwater_calendar (idx bigint, period date)
