package activation_test

import (
	"flag"
	"os"
	"testing"
)

// sequences is how many random histories a run tries unless -rapid.checks says otherwise: each builds real files.
const sequences = "25"

func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", sequences); err != nil {
		panic(err)
	}
	flag.Parse()
	os.Exit(m.Run())
}
