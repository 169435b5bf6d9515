package cli_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/internal/cli"
)

// TestAnInterruptedCommandSaysSo: and not that something in it is broken.
func TestAnInterruptedCommandSaysSo(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	var out, said bytes.Buffer
	code := cli.Run(ctx, []string{"demo", "--keep", t.TempDir() + "/world"}, nil, cli.Streams{In: strings.NewReader(""), Out: &out, Err: &said})
	require.Equal(t, 1, code)
	require.Contains(t, said.String(), "headwater: interrupted;")
	require.NotContains(t, said.String(), "internal error")
}
