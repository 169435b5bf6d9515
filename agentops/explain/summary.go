package explain

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// summarise is one or two sentences about a cause: how far from expected, and the evidence for why.
func summarise(w *weighing, a Attribution) string {
	return opening(w) + " " + because(w, a) + besides(w)
}

// besides names the causes after the first.
func besides(w *weighing) string {
	var parts []string
	for _, a := range w.out.Causes[1:] {
		of := conjunction(w.in.Dimensions, a.Where)
		if a.Node != "" {
			of = a.Node
		}
		parts = append(parts, fmt.Sprintf("%s of %s (%s)", strings.ReplaceAll(string(a.Cause), "_", " "), of, signed(a.Users)))
	}
	if len(parts) == 0 {
		return ""
	}
	return " Besides: " + strings.Join(parts, ", ") + "."
}

// opening says how many were active and how that compares with what was expected.
func opening(w *weighing) string {
	observed, expected := w.out.Observed, *w.out.Expected
	gap := observed - expected
	where := fmt.Sprintf("as many as the %s expected", Thousands(expected))
	if gap != 0 {
		side := "above"
		if gap < 0 {
			side = "below"
		}
		where = fmt.Sprintf("%s (%s) %s the %s expected", Thousands(abs(gap)), percent(gap, expected), side, Thousands(expected))
	}
	within := "outside"
	if math.Abs(w.deviation(active)) <= 1 {
		within = "inside"
	}
	return fmt.Sprintf("%s users were active in %s on %s, %s and %s the usual range of %s to %s.",
		Thousands(observed), w.in.Fact, naming(w), where, within, Thousands(w.out.Band[0]), Thousands(w.out.Band[1]))
}

// because is the sentence about the cause.
func because(w *weighing, a Attribution) string {
	if a.Node != "" {
		return becauseOfFault(w, a)
	}
	where := conjunction(w.in.Dimensions, a.Where)
	switch a.Cause {
	case NullExplosion:
		return fmt.Sprintf("%s users lost a value and now count as %s.", Thousands(abs(a.Users)), where)
	case TrackingLoss:
		return fmt.Sprintf("%s is short of %s users, new ones as much as old ones: it probably stopped reporting.", where, Thousands(abs(a.Users)))
	case Bots:
		return fmt.Sprintf("%s brought %s users out of nowhere, nearly all new: this looks like automated traffic.", where, Thousands(abs(a.Users)))
	case HolidayCause, CampaignCause, ReleaseCause:
		return becauseOfCalendar(w, a, where)
	case Offsetting:
		return "Slices moved against each other: " + moves(w) + "."
	case MixShift:
		return fmt.Sprintf("Nothing happened on the day itself, but over the last %d days new users came from other slices than before: %s.", driftRecent, moves(w))
	case Acquisition, Churn, Retention, Resurrection:
	case MissingPartition, PartialPartition, DuplicateLoad, LateData, CodeChange, NoCause:
	}
	transition := a.Transition
	if a.Cause == Churn && w.deviation(left) > 0 {
		transition = left.String()
	}
	row := rowText(w, transition)
	if len(w.out.Segments) == 0 {
		return fmt.Sprintf("The move is spread evenly over the slices; %s.", row)
	}
	return fmt.Sprintf("%s: %s.", capital(row), moves(w))
}

func becauseOfFault(w *weighing, a Attribution) string {
	path := a.Node
	for _, e := range w.out.Evidence {
		if e.Node == a.Node && e.Partition == a.Partition && len(e.Path) > 0 {
			path = drawn(e.Path)
			break
		}
	}
	what, named := whatOfFault(w, a)
	if a.Transition == came.String() && a.Cause == MissingPartition && *w.out.Bridge[came].Expected < w.out.Bridge[came].Observed {
		lost := "partition " + named + " of " + a.Node + " is missing or short"
		if a.Last != "" {
			lost = "partitions " + named + " of " + a.Node + " are missing or short"
		}
		return fmt.Sprintf("This is an echo: %s, so %s users who were there all along count as reactivated (%s).",
			lost, Thousands(w.out.Bridge[came].Observed-*w.out.Bridge[came].Expected), path)
	}
	if a.Partition == "" {
		return fmt.Sprintf("%s %s (%s).", capital(a.Node), what, path)
	}
	if a.Last != "" {
		return fmt.Sprintf("Partitions %s of %s %s (%s).", named, a.Node, ofSeveral(what), path)
	}
	return fmt.Sprintf("Partition %s of %s %s (%s).", named, a.Node, what, path)
}

// whatOfFault is what is said of the partitions of a fault, and how a sentence names them.
func whatOfFault(w *weighing, a Attribution) (what, named string) {
	what = map[Cause]string{
		MissingPartition: "is missing", PartialPartition: "is only partly there", DuplicateLoad: "was loaded twice",
		LateData: "arrived after what reads it was built", CodeChange: "was built by changed code",
	}[a.Cause]
	for _, h := range w.in.Health {
		if h.Node != a.Node || h.Partition != a.Partition || h.Last != a.Last {
			continue
		}
		if h.Problem == Thin && a.Cause == PartialPartition {
			what = "has fewer rows than any of its peers, and just what it brings fell: it probably lost rows"
		}
		if h.Leaves != nil {
			what += fmt.Sprintf(", which counts for %s users", Thousands(abs(a.Users)))
		}
		return what, h.named()
	}
	return what, a.Partition
}

// ofSeveral is what is said of one partition, said of several.
func ofSeveral(what string) string {
	for one, several := range map[string]string{"is ": "are ", "was ": "were ", "has ": "have "} {
		if rest, ok := strings.CutPrefix(what, one); ok {
			return several + rest
		}
	}
	return what
}

func becauseOfCalendar(w *weighing, a Attribution, where string) string {
	for _, n := range w.out.Calendar {
		if n.Date != "" && (n.Type == string(a.Cause) || n.Type == Closure && a.Cause == HolidayCause) && (n.Dimension == "" || n.concerns(a.Where)) {
			return fmt.Sprintf("%s moved by %s users on the date of the %s %q; a coincidence in time, which is no proof.", capital(where), signed(a.Users), n.Type, n.Name)
		}
	}
	return fmt.Sprintf("%s moved by %s users.", capital(where), signed(a.Users))
}

// moves lists the slices with their effects.
func moves(w *weighing) string {
	const shown = 3
	var parts []string
	for i, s := range w.out.Segments {
		if i == shown {
			parts = append(parts, fmt.Sprintf("and %d more", len(w.out.Segments)-shown))
			break
		}
		parts = append(parts, fmt.Sprintf("%s %s (%s %s, expected %s)", conjunction(w.in.Dimensions, s.Where), signed(s.Effect), Thousands(s.Observed), s.Of, Thousands(s.Expected)))
	}
	return strings.Join(parts, "; ")
}

// rowText compares a row of the bridge with its expectation.
func rowText(w *weighing, transition string) string {
	for _, row := range w.out.Bridge {
		if row.Transition == transition && row.Expected != nil {
			return fmt.Sprintf("%s users are %s where %s were expected", transition, Thousands(row.Observed), Thousands(*row.Expected))
		}
	}
	return transition + " users moved"
}

func summaryQuiet(w *weighing) string {
	return opening(w) + " No slice and no transition stands out: nothing unusual happened."
}

func summaryNotClosed(w *weighing) string {
	return fmt.Sprintf("%s %s of %s is still open as of %s: its users are still coming in, so it is compared with nothing.",
		capital(string(w.in.Period.Grain)), w.in.Period, w.in.Fact, w.in.AsOf.UTC().Format("2006-01-02 15:04 UTC"))
}

func summaryNotLoaded(w *weighing, h Health) string {
	return fmt.Sprintf("%s %s of %s is over, but partition %s of %s is not due yet: it is compared with nothing until that is loaded.",
		capital(string(w.in.Period.Grain)), w.in.Period, w.in.Fact, h.Partition, h.Node)
}

func summaryInconclusive(w *weighing, reason string) string {
	return fmt.Sprintf("%s users were active in %s on %s, %s against %s, and whether that is unusual cannot be said: %s.",
		Thousands(w.out.Observed), w.in.Fact, naming(w), signed(*w.out.Change), w.in.CompareTo, reason)
}

// naming is the period as a sentence names it.
func naming(w *weighing) string {
	if w.in.Period.Grain == "day" {
		return w.in.Period.UTCDate().Format("Monday 2006-01-02")
	}
	return fmt.Sprintf("the %s of %s", w.in.Period.Grain, w.in.Period)
}

// conjunction writes a slice as people read it, in the order of the dimensions.
func conjunction(dims []string, where map[string]any) string {
	var parts []string
	for _, dim := range dims {
		value, cut := where[dim]
		switch {
		case cut && value == nil:
			parts = append(parts, dim+" null")
		case cut:
			parts = append(parts, fmt.Sprintf("%s %v", dim, value))
		}
	}
	if len(parts) == 0 {
		return "everybody"
	}
	return strings.Join(parts, ", ")
}

// Thousands writes a number with commas: 12,345.
func Thousands(n int64) string {
	digits := strconv.FormatInt(abs(n), 10)
	const group = 3
	var b strings.Builder
	if n < 0 {
		b.WriteString("-")
	}
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%group == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

func signed(n int64) string {
	if n > 0 {
		return "+" + Thousands(n)
	}
	return Thousands(n)
}

// percent is |part| of whole without a sign; one decimal below ten.
func percent(part, whole int64) string {
	if whole == 0 {
		return "from nothing"
	}
	const hundred, small = 100, 10
	value := hundred * math.Abs(float64(part)/float64(whole))
	if value < small {
		return fmt.Sprintf("%.1f %%", value)
	}
	return fmt.Sprintf("%.0f %%", value)
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
