-- In order of leaves, so that a column store keeps each leaf's text once for all its moves: less than half of the space, and as much less
-- to read.
insert into {{relation .Transitions}}
select period, from_state, to_state, from_dimensions, dimensions, users
from {{if .Changed}}headwater_merged{{else}}headwater_moves{{end}}
order by period, coalesce(from_dimensions, dimensions), dimensions
