delete from {{relation .Periods}} where period >= cast(? as date)
