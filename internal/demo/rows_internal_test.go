package demo

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"
)

// daily has the active users of every whole day before the incident.
const daily = `
	with days as (
		select cast(event_at as date) as day, cast(count(distinct user_id) as double) as active
		from analytics.fct_app_visit where event_at < timestamp '2026-06-14' group by 1)
	`

// statesSQL counts the days after the first week on which one of new, retained, reactivated and churned has under ten users.
const statesSQL = `
	with user_days as (select distinct user_id, cast(event_at as date) as day from analytics.fct_app_visit),
	steps as (
		select *, lag(day) over (partition by user_id order by day) as previous, lead(day) over (partition by user_id order by day) as next
		from user_days),
	counts as (
		select
			day,
			count(*) filter (previous is null) as new,
			count(*) filter (day - previous = 1) as retained,
			count(*) filter (day - previous > 1) as reactivated,
			count(*) filter (next is null or next - day > 1) as churned_next
		from steps group by day)
	select count(*) from counts where day > date '2026-02-21' and least(new, retained, reactivated, churned_next) < 10`

func testRows(t *testing.T, dir string, db *sql.DB) {
	t.Helper()
	t.Run("the app file of the incident's day never arrived", func(t *testing.T) {
		t.Parallel()
		missing := column[string](t, db, `
			select strftime(day, '%Y-%m-%d') from generate_series(timestamp '2026-02-15', timestamp '2026-06-14', interval 1 day) days(day)
			where cast(day as date) not in (select cast(occurred_at as date) from raw.app_events) order by 1`)
		require.Equal(t, []string{"2026-06-14"}, missing)
		for _, table := range []string{"int_user_events", "fct_app_visit"} {
			platforms := column[string](t, db, "select distinct platform from analytics."+table+" where event_at >= timestamp '2026-06-14'")
			require.Equal(t, []string{"web"}, platforms, table)
		}
	})
	t.Run("what arrived was loaded the night after its day, before dbt ran", func(t *testing.T) {
		t.Parallel()
		for _, table := range []string{"app_events", "web_events"} {
			require.Zero(t, one[int](t, db, "select count(*) from raw."+table+` where occurred_at < timestamp '2026-02-15' or occurred_at >= timestamp '2026-06-15'
				or _loaded_at - date_trunc('day', occurred_at) not between interval 25 hours and interval 27 hours`), table)
		}
	})
	t.Run("active users follow the week and grow", func(t *testing.T) {
		t.Parallel()
		require.GreaterOrEqual(t, one[float64](t, db, daily+"select min(active) from days"), 1000.0)
		require.LessOrEqual(t, one[float64](t, db, daily+"select max(active) from days"), 2500.0)
		week := column[float64](t, db, daily+"select avg(active) from days where day >= date '2026-03-16' group by isodow(day) order by isodow(day)")
		require.Len(t, week, 7)
		require.Greater(t, week[4], week[0], "Fridays")
		require.Less(t, week[5], week[0], "Saturdays")
		require.Less(t, week[6], week[5], "Sundays")
		halves := column[float64](t, db, daily+`
			select avg(active) from days where day >= date '2026-03-16' and day < date '2026-06-08'
			group by day >= date '2026-04-27' order by day >= date '2026-04-27'`)
		require.InDelta(t, 1.15, halves[1]/halves[0], 0.08)
	})
	t.Run("every state occurs every day", func(t *testing.T) {
		t.Parallel()
		require.Zero(t, one[int](t, db, statesSQL))
	})
	t.Run("the snapshot holds one open row a user and no gaps", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, one[int](t, db, "select count(*) from raw.users"),
			one[int](t, db, "select count(distinct user_id) from analytics.users_history where dbt_valid_to is null"))
		require.Positive(t, one[int](t, db, "select count(*) from analytics.users_history where dbt_valid_to is not null"))
		require.Zero(t, one[int](t, db, `
			select count(*) from (
				select dbt_valid_to, lead(dbt_valid_from) over (partition by user_id order by dbt_valid_from) as next from analytics.users_history)
			where dbt_valid_to is distinct from next`))
	})
	t.Run("relations have the columns that dbt's catalog says", func(t *testing.T) {
		t.Parallel()
		requireCatalog(t, dir, db)
	})
	t.Run("the project's data tests hold, as the last run says", func(t *testing.T) {
		t.Parallel()
		requireDataTests(t, dir, db)
	})
}
