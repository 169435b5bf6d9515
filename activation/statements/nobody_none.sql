-- Nothing was read.
create or replace temp table headwater_nobody as select period, null_user_rows as fact_rows from {{relation .Periods}} limit 0
