insert into {{relation .Transitions}}
select period, from_state, to_state, from_dimensions, dimensions, users
from {{if .Changed}}headwater_merged{{else}}headwater_moves{{end}}
