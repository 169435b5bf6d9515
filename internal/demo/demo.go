// Package demo makes a small world to look at headwater in: the shop's dbt project and artifacts, 120 days of events in
// a DuckDB file, a calendar, a headwater.yaml, and one incident that nobody has noticed yet. It needs no network and no
// data file, and makes the same rows every time.
//
// Load is the loader of such a world, which has neither the shop's logs nor dbt: it brings the rows of a source again, or makes
// those of a model, for some days.
//
// It leaves the activation outputs to the engine, and telling the story to the command line. It opens DuckDB by itself,
// which only a package may that makes a new file nobody else can hold yet, or whose process is a loader's and was lent the file.
//
// Invariants: tables hold what the project's own SQL makes of the raw rows; relations have the names of the manifest;
// nothing depends on the wall clock; what was loaded again is what a world without the incident holds from the start.
package demo

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/headwater-mcp/headwater/fault"
)

// Warehouse is the name of the DuckDB file in the world's folder.
const Warehouse = "warehouse.duckdb"

// Summary says what there is to ask about the world.
type Summary struct {
	// AsOf is the instant to ask at: the morning after the incident. The last closed day is the incident's.
	AsOf time.Time
	// Fact is the name of the fact to ask about.
	Fact string
	// Incident is what happened.
	Incident Incident
}

// Incident is a partition of a source that never arrived, unnoticed by the models that read it.
type Incident struct {
	// Period is the name of the day, local to UTC.
	Period string
	// Node is the unique_id of the source whose partition is missing.
	Node string
	// Path leads from Node to the fact's model, both included, by unique_id.
	Path []string
}

// span is the days of a world: both ends are included, and missing is the day whose app events never arrived; zero for none.
type span struct {
	first, last, missing time.Time
}

func days() span {
	last := time.Date(2026, time.June, 14, 0, 0, 0, 0, time.UTC)
	return span{first: last.AddDate(0, 0, -119), last: last, missing: last}
}

// lastRun is when dbt started, the night before the question.
func (s span) lastRun() time.Time { return s.last.AddDate(0, 0, 1).Add(3*time.Hour + 5*time.Minute) }

// World is WorldLoadedBy with the program `headwater` of the PATH.
func World(ctx context.Context, dir string) (Summary, error) {
	return WorldLoadedBy(ctx, dir, "headwater")
}

// WorldLoadedBy builds the world in dir, which is made where it is absent. Its executors start program, which is a headwater,
// with LoadCommand as the first argument. A folder that already holds a warehouse is fault.Conflict: nothing in it is touched.
func WorldLoadedBy(ctx context.Context, dir, program string) (Summary, error) {
	path := filepath.Join(dir, Warehouse)
	if _, err := os.Lstat(path); err == nil {
		return Summary{}, fault.New(fault.Conflict, "%s is there already; name a folder that is empty or does not exist yet.", path)
	}
	world := days()
	if err := writeProject(dir, program, world); err != nil {
		return Summary{}, fault.Wrap(err, fault.Unavailable, "The demo's project could not be written to %s; name a folder that can be written.", dir)
	}
	loads, err := writeWarehouse(ctx, path, world)
	if err == nil {
		err = writeArtifacts(filepath.Join(dir, "target"), world, loads)
	}
	if err != nil {
		// What is half made would look like a world to the next call.
		err = errors.Join(err, os.RemoveAll(path), os.RemoveAll(path+".wal"))
		return Summary{}, fault.Wrap(err, fault.Unavailable, "The demo's warehouse could not be made at %s; look for space on the disk.", path)
	}
	return summary(world), nil
}

func summary(world span) Summary {
	return Summary{
		AsOf: world.last.AddDate(0, 0, 1).Add(8 * time.Hour),
		Fact: "app_visit",
		Incident: Incident{
			Period: world.missing.Format(time.DateOnly),
			Node:   "source.shop.raw.app_events",
			Path: []string{
				"source.shop.raw.app_events", "model.shop.stg_app_events", "model.shop.int_user_events", "model.shop.fct_app_visit",
			},
		},
	}
}
