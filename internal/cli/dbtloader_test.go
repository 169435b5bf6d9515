package cli_test

import (
	"fmt"
	"os"

	"github.com/headwater-mcp/headwater/activation/activationtest"
)

// loader is the name under which the test program is a loader of sources: LOADER FIRST LAST, in the project's folder. The link to it
// stands in the project.
const loader = "load_events"

// load brings the days from the first to the last back to the source from where it keeps them.
func load(first, last string) {
	db := activationtest.World{Path: "shop.duckdb"}
	in := fmt.Sprintf("cast(happened_at as date) between date '%s' and date '%s'", first, last)
	db.Do(fatal{}, "delete from raw.events where "+in, "insert into raw.events select * from raw.kept where "+in)
}

// fatal ends the program that fails.
type fatal struct{}

func (fatal) Errorf(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
func (fatal) FailNow()                          { os.Exit(1) }
