-- How many rows the fact has of a user, whose key is given as text.
-- args: the key
select count(*) from {{relation .Fact}} where cast({{ident .User}} as varchar) = ?
