package activation_test

import (
	"flag"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// checks is how many random histories a property tries unless -rapid.checks says otherwise: each builds real tables.
const checks = 25

func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", strconv.Itoa(checks)); err != nil {
		panic(err)
	}
	flag.Parse()
	os.Exit(m.Run())
}

// sequences is how many random sequences of loads are tried: those of HEADWATER_SEQUENCES (.ci/run, make fuzz), or 100.
func sequences(t *testing.T) int {
	t.Helper()
	const usual = 100
	text := os.Getenv("HEADWATER_SEQUENCES")
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, "HEADWATER_SEQUENCES")
	return n
}
