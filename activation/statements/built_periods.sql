select period, active, known, null_user_rows, definition, built_at, run from {{relation .Periods}} order by period
