-- FirstLast as it was at the end of base_until. Later rows are read from the activation table, so that a new period never
-- rewrites the users it did not see.
create table if not exists {{relation .Base}} as
select
    user_id, first_period, period as last_period, previous_period, streak, active_periods
    {{- range .Dimensions}},
    {{ident .}}
    {{- end}}
from {{relation .Activation}}
limit 0
