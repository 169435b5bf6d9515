delete from {{relation .Transitions}} where period >= cast(? as date)
