select period from {{relation .Periods}} order by period
