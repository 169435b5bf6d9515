-- How much has gathered since FirstLast was folded, beside what the base holds.
-- args: base_until, start of the range
select
    (select count(*) from {{relation .Activation}} where period > cast(? as date) and period < cast(? as date)),
    (select count(*) from {{relation .Base}})
