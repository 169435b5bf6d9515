-- The 95th percentile of the gaps of returning users: how long it takes until "new" is to be believed.
select quantile_disc(gap, 0.95) from {{relation .Activation}} where gap is not null
