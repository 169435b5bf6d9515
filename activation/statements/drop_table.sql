drop table if exists {{relation .Target}}
