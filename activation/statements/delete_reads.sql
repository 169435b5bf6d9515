-- args: first and last period
delete from {{relation .Reads}} where period between cast(? as date) and cast(? as date)
