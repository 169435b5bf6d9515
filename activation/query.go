package activation

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/headwater-mcp/headwater/activation/statements"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/page"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
)

// Query asks for metrics of one fact and grain.
type Query struct {
	Grain period.Grain
	// First and Last are inclusive; nil are the last 14 closed periods.
	First, Last *period.Period
	// Metrics are names of Metrics and Shapes; none are the first eight metrics.
	Metrics []string
	// By lists dimensions; each combination of their values is a series.
	By    []string
	Where Filter
	// Top is how many series are listed, the largest by users; the rest are folded as "other".
	Top int
	// Limit and Cursor cut the rows and the rows of the tables as if they were one list.
	Limit  int
	Cursor string
	AsOf   time.Time
	// Suspects is asked which of the periods are suspect; nil where nobody knows, and then nothing is said.
	Suspects Suspects
}

// Row is one period of one series: "period", each of By, and each metric.
type Row map[string]any

// Answer is what a query gives. Its Info counts Rows and the rows of all Tables together.
type Answer struct {
	Fact   string       `json:"fact"`
	Grain  period.Grain `json:"grain"`
	Rows   []Row        `json:"rows"`
	Tables []Table      `json:"tables"`
	page.Info
	Notes []string `json:"notes"`
}

const (
	defaultPeriods = 14
	defaultTop     = 10
	other          = "other"
)

// inquiry is a query being answered, within one session of the warehouse.
type inquiry struct {
	warehouse.Reader

	engine     *Engine
	definition *Definition
	query      Query
	slice      *slicer
	cover      Coverage
	// first and last are the part of what was asked that is built.
	first, last period.Period
	sums        *tallies
	notes       []string
}

// Query answers from the outputs; it never reads the fact.
func (e *Engine) Query(ctx context.Context, d *Definition, q Query) (Answer, error) {
	answer := Answer{Fact: d.Fact.Name, Grain: q.Grain, Rows: []Row{}, Tables: []Table{}, Notes: []string{}}
	metrics, shapes, err := parseMetrics(q.Metrics, q.Grain)
	if err != nil {
		return answer, err
	}
	if err := d.canStick(metrics); err != nil {
		return answer, err
	}
	slice, err := d.newSlicer(q.By, q.Where)
	if err != nil {
		return answer, err
	}
	first, last := d.queryRange(q)
	if first.Index > last.Index {
		return answer, fault.New(fault.Invalid, "first (%s) is after last (%s).", first, last)
	}
	for _, dim := range slice.by {
		if slices.Contains(metrics, Metric(dim)) {
			return answer, fault.New(fault.Invalid, "%s has a dimension and a metric named %s, and a row has room for one of them. Leave that metric out, or by.",
				d.Fact.Name, dim)
		}
	}
	if q.Top < 0 {
		return answer, fault.New(fault.Invalid, "top is %d; valid is 1 or more.", q.Top)
	}
	var list []item
	err = e.warehouse.Read(ctx, func(ctx context.Context, r warehouse.Reader) error {
		i := &inquiry{Reader: r, engine: e, definition: d, query: q, slice: slice, first: first, last: last}
		list, answer.Tables, err = i.answer(ctx, metrics, shapes)
		answer.Notes = i.notes
		return err
	})
	if err != nil {
		return answer, err
	}
	list, answer.Info, err = page.Fit(list, q.Limit, q.Cursor)
	answer.deal(list)
	return answer, err
}

func (i *inquiry) notef(format string, args ...any) {
	i.notes = append(i.notes, fmt.Sprintf(format, args...))
}

// answer makes everything that was asked: the rows of the metrics, then those of each table.
func (i *inquiry) answer(ctx context.Context, metrics []Metric, shapes []Shape) ([]item, []Table, error) {
	var err error
	if i.cover, err = i.engine.Coverage(ctx, i.definition, i.query.Grain); err != nil {
		return nil, nil, err
	}
	i.notes = i.definition.notes(i.query, i.cover, i.first, i.last)
	built := len(i.cover.Built) > 0 && i.first.Index <= i.cover.Last().Index && i.last.Index >= i.cover.First().Index
	tables := i.tables(shapes)
	if !built {
		return nil, tables, nil
	}
	if i.first.Index < i.cover.First().Index {
		i.first = i.cover.First()
	}
	if i.last.Index > i.cover.Last().Index {
		i.last = i.cover.Last()
	}
	if err := i.doubt(ctx, metrics, shapes); err != nil {
		return nil, nil, err
	}
	if err := i.tally(ctx); err != nil {
		return nil, nil, err
	}
	list, err := i.rows(ctx, metrics)
	if err != nil {
		return nil, nil, err
	}
	for n, s := range shapes {
		rows, err := i.shape(ctx, s)
		if err != nil {
			return nil, nil, err
		}
		tables[n].Total = len(rows)
		for _, row := range rows {
			list = append(list, item{table: n, cells: row})
		}
	}
	for _, c := range i.slice.where {
		i.notes = append(i.notes, c.notes()...)
	}
	return list, tables, nil
}

// tally adds up the transitions by series and decides which series are listed.
func (i *inquiry) tally(ctx context.Context) error {
	i.sums = newTallies(i.first, i.last)
	if len(i.slice.by) == 0 {
		i.sums.at(i.slice.series(jsonText([]any{}), []any{}), i.first)
	}
	err := i.moves(ctx, i.first.Prev(), func(x Transition) error { return i.sums.count(i.slice, x) })
	if err != nil {
		return err
	}
	series, top := len(i.sums.sums), cmp.Or(i.query.Top, defaultTop)
	if folded := i.sums.fold(i.slice, top); folded > 0 {
		i.notef("%d of %d series are listed, the largest by active users; the other %d are added up as %q. For more of them raise top, or name values in where.",
			series-folded, series, folded, other)
	}
	return nil
}

// moves streams the transitions from a period to the last asked.
func (i *inquiry) moves(ctx context.Context, first period.Period, use func(Transition) error) error {
	statement := "moves_by_leaf"
	if i.slice.whole() {
		statement = "moves"
	}
	on := i.dates(i.query.Grain)
	return i.each(ctx, statement, i.values(i.query.Grain), func(rows warehouse.Rows) error {
		var x Transition
		var date time.Time
		var from *string
		if err := rows.Scan(&date, &x.From, &x.To, &from, &x.Leaf, &x.Users); err != nil {
			return err
		}
		x.Period = on(date)
		if from != nil {
			x.FromLeaf = Leaf(*from)
		}
		return use(x)
	}, first.UTCDate(), i.last.UTCDate())
}

// values are those of a statement that tells apart no more dimensions than were asked about.
func (i *inquiry) values(g period.Grain) statements.Values {
	v := i.engine.values(i.definition, g)
	v.Dimensions = i.slice.dimensions(i.definition)
	return v
}

// each runs a statement and gives it row by row.
func (i *inquiry) each(
	ctx context.Context, statement string, v statements.Values, use func(warehouse.Rows) error, args ...any,
) error {
	text, err := i.engine.sql.Render(statement, v)
	if err != nil {
		return err
	}
	rows, err := i.Query(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // a read that was finished: Err below says whether it was whole
	for rows.Next() {
		if err := use(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// dates reads the dates of outputs as periods, each distinct one once.
func (i *inquiry) dates(g period.Grain) func(time.Time) period.Period {
	known := map[int64]period.Period{}
	return func(date time.Time) period.Period {
		p, ok := known[date.Unix()]
		if !ok {
			p = onDate(i.definition.Calendar, g, date)
			known[date.Unix()] = p
		}
		return p
	}
}

// rows are the metrics, by period and series.
func (i *inquiry) rows(ctx context.Context, metrics []Metric) ([]item, error) {
	if len(metrics) == 0 {
		return nil, nil
	}
	stick, err := i.stickiness(ctx, metrics)
	if err != nil {
		return nil, err
	}
	var list []item
	for _, b := range i.built() {
		for _, series := range i.sums.order {
			before, now := i.sums.of(series, b.Period.Prev()), i.sums.of(series, b.Period)
			row := Row{"period": b.Period}
			for n, dim := range i.slice.by {
				row[dim] = i.slice.values[series][n]
			}
			for _, m := range metrics {
				switch {
				case m == MetricNullUserRows && i.slice.whole():
					row[string(m)] = b.NullUserRows
				case m.needs() != "":
					row[string(m)] = stick.of(series, b.Period, now.Active())
				default:
					row[string(m)] = m.value(now, before)
				}
			}
			list = append(list, item{table: metricRows, row: row})
		}
	}
	return list, nil
}

// built are the built periods that were asked about.
func (i *inquiry) built() []Built {
	return slices.DeleteFunc(slices.Clone(i.cover.Built), func(b Built) bool {
		return b.Period.Index < i.first.Index || b.Period.Index > i.last.Index
	})
}

// jsonText is the canonical text of a JSON value, by which values are compared and ordered.
func jsonText(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}
