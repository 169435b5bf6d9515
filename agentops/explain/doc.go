// Package explain says why the active users of a fact moved: a data fault, a holiday, an acquisition that dried up,
// churn of one slice, or nothing at all.
//
// Explain is a pure function of its Input: bridges of the leaves, what the caller found out about the upstream
// path, and calendar entries. It reads no database and no clock. It leaves to its caller to observe partitions, to know
// the lineage and to load history (Needs says how much), and to Render or to a tool how the answer is shown.
//
// The order is fixed: closed? → real? → unusual? → which transition? → which slices? → calendar → next. Invariants:
//
//   - The deltas of the bridge rows that are in the sum add up to the change, to the integer, on every input.
//   - Expected active is the sum of expected new, retained and reactivated, in integers.
//   - Bands and thresholds come from placebo dates: the same statistic on the metric's own past. Suspect and censored
//     periods are in no baseline.
//   - Nothing is blamed within the band unless a slice stands out more than slices ever did on placebo dates.
//   - The answer does not depend on the order of rows, and no list in it is nil.
package explain
