package explain

// bridge lists the four transitions. Compared with the period before, new + reactivated − churned is the change and
// retained is its mirror, not in the sum; compared with another period the differences of new, retained and reactivated
// are the change and churned is beside it.
func bridge(w *weighing) []BridgeRow {
	rows := make([]BridgeRow, 0, active)
	for s := range active {
		row := BridgeRow{Transition: s.String(), Observed: w.cube.total(s, w.t), Previous: w.cube.total(s, w.q), Band: []int64{}}
		row.InSum = s != left
		if w.before() {
			row.InSum = s != stayed
		}
		row.Delta = row.Observed - row.Previous
		if w.before() && row.InSum {
			row.Delta = int64(s.sign()) * row.Observed
		}
		if w.outlook != nil {
			expected := w.outlook.expected[s]
			row.Expected, row.Band = &expected, w.outlook.band(s)
		}
		rows = append(rows, row)
	}
	return rows
}
