insert into {{relation .Periods}}
select period, active, known, null_user_rows, definition, built_at, run from headwater_restated
