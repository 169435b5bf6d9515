// Package activation says of every user of every fact whether they are new, retained, reactivated or inactive, per day, week
// or month, and keeps that in tables of the user's own warehouse: one shape for every fact.
//
// A period costs that period's rows. What came before is read from FirstLast (one row a user), never from history, and
// who stays inactive is computed from counts. The SQL stands in package statements; where it runs, and when, is left to the
// warehouse and the caller, who also passes the clock.
//
// Invariants: the tables equal a full recompute over the fact's rows; every period is written in one transaction together
// with all that follows from it; active = new + retained + reactivated and known(p) = known(p-1) + new(p), to the integer.
package activation
