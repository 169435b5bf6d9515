package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/internal/config"
)

func TestBytes(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]config.Bytes{
		"0": 0, "5000": 5000, "100GB": 100e9, "100 gb": 100e9, "64MiB": 64 << 20, "1K": 1000, "1.5TB": 1.5e12, "7B": 7, "2PiB": 2 << 50,
	} {
		var b config.Bytes
		require.NoError(t, b.UnmarshalText([]byte(s)))
		require.Equal(t, want, b, s)
	}
	for _, s := range []string{"", "GB", "-1GB", "1XB", "1iB", "1e9", "99999PB", "1 GB 2"} {
		var b config.Bytes
		require.Error(t, b.UnmarshalText([]byte(s)), s)
	}
}

func TestBytesReadWhatTheyWrite(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := config.Bytes(rapid.Int64Range(0, 1<<52).Draw(t, "n"))
		if rapid.Bool().Draw(t, "round") {
			want = want / 1e9 * 1e9
		}
		var got config.Bytes
		require.NoError(t, got.UnmarshalText([]byte(want.String())))
		require.Equal(t, want, got)
	})
}
