select period, fact_rows, fingerprint from {{relation .Reads}} order by period
