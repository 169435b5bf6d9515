package app_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"testing"
	"time"

	_ "github.com/duckdb/duckdb-go/v2"
)

// loadWord tells this program, which the tests name as a loader, that it is one: loadWord NAME DAY, in the project's folder.
const loadWord = "load-a-day"

// obstacle is a file that keeps loaders from loading.
const obstacle = "obstacle"

// scratch is a folder for what tests share; it is removed after them.
var scratch string

func TestMain(m *testing.M) {
	if len(os.Args) > 3 && os.Args[1] == loadWord {
		if err := load(context.Background(), os.Args[2], os.Args[3]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(3)
		}
		os.Exit(0)
	}
	var err error
	if scratch, err = os.MkdirTemp("", "headwater-repairs-"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(scratch)
	os.Exit(code)
}

// The rows of the apps are those of the same weekday before, moved by a week, with keys of their own. A day that has them stays as it is.
var loads = map[string]string{
	"raw.app_events": `INSERT INTO raw.app_events SELECT * REPLACE (event_id + 800000000 AS event_id, occurred_at + INTERVAL 7 DAY AS occurred_at,
		_loaded_at + INTERVAL 7 DAY AS _loaded_at) FROM raw.app_events WHERE CAST(occurred_at AS DATE) = $1
		AND NOT EXISTS (FROM raw.app_events WHERE CAST(occurred_at AS DATE) = $1 + 7)`,
	"int_user_events": `INSERT INTO analytics.int_user_events SELECT * REPLACE ('late-' || event_key AS event_key, event_at + INTERVAL 7 DAY AS event_at)
		FROM analytics.int_user_events WHERE CAST(event_at AS DATE) = $1 AND platform <> 'web'
		AND NOT EXISTS (FROM analytics.int_user_events WHERE CAST(event_at AS DATE) = $1 + 7 AND platform <> 'web')`,
	"fct_app_visit": `INSERT INTO analytics.fct_app_visit SELECT * REPLACE ('late-' || visit_id AS visit_id, event_at + INTERVAL 7 DAY AS event_at)
		FROM analytics.fct_app_visit WHERE CAST(event_at AS DATE) = $1 AND platform <> 'web'
		AND NOT EXISTS (FROM analytics.fct_app_visit WHERE CAST(event_at AS DATE) = $1 + 7 AND platform <> 'web')`,
}

func load(ctx context.Context, name, day string) error {
	if _, err := os.Stat(obstacle); err == nil {
		return fmt.Errorf("there is an obstacle before %s", name)
	}
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return err
	}
	statement, ok := loads[name]
	if !ok {
		return fmt.Errorf("%s cannot be loaded", name)
	}
	db, err := sql.Open("duckdb", "warehouse.duckdb")
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, statement, at.AddDate(0, 0, -7))
	return err
}
