delete from {{relation .Activation}} where period >= cast(? as date)
