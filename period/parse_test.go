package period_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/period"
)

func TestParseSpan(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "3h": 3 * time.Hour, "1h30m": 90 * time.Minute, "90d": 90 * 24 * time.Hour, "2w": 14 * 24 * time.Hour, "0d": 0,
	} {
		got, err := period.ParseSpan(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "d", "3", "-1d", "-3h", "NaNd", "infd", "1e300d", "3 fortnights"} {
		_, err := period.ParseSpan(text)
		require.Equal(t, fault.Invalid, fault.KindOf(err), "%q", text)
	}
}

func TestParseInstant(t *testing.T) {
	t.Parallel()
	seoul, err := period.NewCalendar("Asia/Seoul", "")
	require.NoError(t, err)
	at, err := period.ParseInstant(seoul, "2026-06-09")
	require.NoError(t, err)
	require.Equal(t, "2026-06-08T15:00:00Z", at.UTC().Format(time.RFC3339), "a date without time is local midnight")
	at, err = period.ParseInstant(seoul, "2026-06-09T03:00:00Z")
	require.NoError(t, err)
	require.Equal(t, "2026-06-09T03:00:00Z", at.UTC().Format(time.RFC3339))
	at, err = period.ParseInstant(seoul, "2026-06-09T03:00+09:00")
	require.NoError(t, err)
	require.Equal(t, "2026-06-08T18:00:00Z", at.UTC().Format(time.RFC3339), "an hour by its name")
	_, err = period.ParseInstant(seoul, "June")
	require.Equal(t, fault.Invalid, fault.KindOf(err))
}
