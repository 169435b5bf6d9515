-- args: start of the range
delete from {{relation .Transitions}} as counted
where period >= cast(? as date) and exists (select 1 from headwater_moves as moves where {{.SameMove "moves" "counted"}})
