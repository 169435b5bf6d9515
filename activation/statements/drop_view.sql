drop view if exists {{relation .Target}}
