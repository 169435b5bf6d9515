package cli_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/internal/cli"
	"github.com/headwater-mcp/headwater/internal/demo"
)

// holder is the environment in which the test program is a foreign process that holds a warehouse file.
const holder = "HEADWATER_TEST_HOLD"

// hold opens the file as the environment says, tells that it has, and keeps it until stdin closes.
func hold(source string) int {
	db, err := sql.Open("duckdb", source)
	if err == nil {
		err = db.PingContext(context.Background())
	}
	if err != nil {
		_, _ = os.Stderr.WriteString(err.Error())
		return 1
	}
	_, _ = os.Stdout.WriteString("held\n")
	_, _ = os.Stdin.Read(make([]byte, 1))
	if db.Close() != nil {
		return 1
	}
	return 0
}

// foreign starts a process that holds the file until the test ends, and returns its pid.
func foreign(t *testing.T, source string) int {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), holder+"="+source)
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line := make([]byte, len("held\n"))
	_, err = stdout.Read(line)
	require.NoError(t, err)
	require.Equal(t, "held\n", string(line))
	t.Cleanup(func() {
		require.NoError(t, stdin.Close())
		require.NoError(t, cmd.Wait())
	})
	return cmd.Process.Pid
}

// TestAForeignProcessHoldsTheWarehouse: held for writing, everything that needs rows is unavailable and names the holder; held
// for reading, reading goes on and building is unavailable. Lineage never minds.
func TestAForeignProcessHoldsTheWarehouse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mode        string
		read, build int
	}{
		{"", 6, 6},
		{"?access_mode=READ_ONLY", 0, 6},
	} {
		t.Run("held"+c.mode, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			_, err := demo.World(t.Context(), dir)
			require.NoError(t, err)
			code, _, said := run(t, "--project", dir, "--as-of", "2026-06-15T08:00:00Z", "build")
			require.Zero(t, code, said)
			partitions := func(asOf string) (counts map[string]int, ranges []map[string]any) {
				t.Helper()
				status, out, problem := run(t, "--project", dir, "--as-of", asOf, "call", "check_partitions", "--nodes", "fct_app_visit", "--only", "all")
				require.Zero(t, status, problem)
				var answer struct {
					Nodes []struct {
						Counts map[string]int
						Ranges []map[string]any
					}
				}
				require.NoError(t, json.Unmarshal([]byte(out), &answer))
				require.Len(t, answer.Nodes, 1)
				return answer.Nodes[0].Counts, answer.Nodes[0].Ranges
			}
			before, _ := partitions("2026-06-15T08:00:00Z")
			pid := foreign(t, dir+"/"+demo.Warehouse+c.mode)
			counts, ranges := partitions("2026-06-15T09:00:00Z")
			if c.read == 0 {
				require.Equal(t, before, counts)
			} else {
				require.Equal(t, map[string]int{"unknown": 14}, counts)
				require.LessOrEqual(t, len(ranges), 2)
				require.Contains(t, ranges[0]["detail"], strconv.Itoa(pid))
				require.Contains(t, ranges[0]["detail"], "Last seen 2026-06-15T08:00:00Z: ")
			}

			code, _, said = run(t, "--project", dir, "--as-of", "2026-06-15T08:00:00Z", "call", "query_activation", "--fact", "app_visit", "--grain", "day")
			require.Equal(t, c.read, code, said)
			if c.read != 0 {
				require.Contains(t, said, strconv.Itoa(pid))
			}
			code, _, said = run(t, "--project", dir, "--as-of", "2026-06-16T08:00:00Z", "build")
			require.Equal(t, c.build, code, said)
			require.Contains(t, said, strconv.Itoa(pid))
			require.Equal(t, 1, strings.Count(strings.TrimSpace(said), "\n")+1, "one sentence: %s", said)

			code, out, said := run(t, "--project", dir, "call", "trace_lineage", "--node", "fct_app_visit")
			require.Zero(t, code, said)
			require.Contains(t, out, "int_user_events")
		})
	}
}

// run is the program in this process.
func run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	env := append(os.Environ(), "XDG_STATE_HOME="+t.TempDir())
	code = cli.Run(t.Context(), args, env, cli.Streams{In: strings.NewReader(""), Out: &out, Err: &err})
	return code, out.String(), err.String()
}
