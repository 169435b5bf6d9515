package store_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/internal/store"
)

const runsEach = 40

// writeRuns records runs, half of which every writer records, and returns how many were new.
func writeRuns(ctx context.Context, path, name string) (int, error) {
	s, err := store.Open(ctx, path, "")
	if err != nil {
		return 0, err
	}
	count := 0
	for i := range runsEach {
		run := history()[0]
		run.InvocationID = fmt.Sprintf("shared-%d", i)
		if i%2 == 1 {
			run.InvocationID = fmt.Sprintf("%s-%d", name, i)
		}
		isNew, err := s.RecordRun(ctx, run)
		if err != nil {
			return count, err
		}
		if isNew {
			count++
		}
	}
	return count, s.Close()
}

// writeFromProcess is what the test binary does as another process: it records runs in the store that the variable
// names and prints how many were new.
func writeFromProcess() int {
	path, name, _ := strings.Cut(os.Getenv(helperVariable), "|")
	count, err := writeRuns(context.Background(), path, name)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Fprintln(os.Stdout, count)
	return 0
}

// Several processes make the same new store and write to it at once, as several IDE windows do: no run is lost, none
// fails on a lock, and each is recorded by exactly one of them.
func TestProcessesWriteAtOnce(t *testing.T) {
	t.Parallel()
	binary, err := os.Executable()
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), ".headwater", "state.db")
	const writers = 3
	counts := make([]int, writers)
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			command := exec.CommandContext(t.Context(), binary)
			command.Env = append(os.Environ(), fmt.Sprintf("%s=%s|process%d", helperVariable, path, i))
			var problem strings.Builder
			command.Stderr = &problem
			out, failed := command.Output()
			if failed == nil {
				_, failed = fmt.Sscan(string(out), &counts[i])
			}
			if failed != nil {
				t.Errorf("process %d: %v: %s", i, failed, problem.String())
			}
		})
	}
	group.Wait()
	const want = runsEach/2 + writers*runsEach/2
	require.Equal(t, want, counts[0]+counts[1]+counts[2])
	sum, err := openAt(t, path).Summary(t.Context(), at(9, 0))
	require.NoError(t, err)
	require.Equal(t, want, sum.Runs)
}

// The same within one process, with readers between.
func TestStoresOfOneProcessWriteAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	reader := openAt(t, path)
	var group sync.WaitGroup
	for i := range 3 {
		group.Go(func() {
			if _, err := writeRuns(t.Context(), path, fmt.Sprintf("store%d", i)); err != nil {
				t.Error(err)
			}
		})
		group.Go(func() {
			for range runsEach {
				if _, err := reader.LastBuild(t.Context(), []string{orders}, at(9, 0)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	sum, err := reader.Summary(t.Context(), at(9, 0))
	require.NoError(t, err)
	require.Equal(t, runsEach/2+3*runsEach/2, sum.Runs)
}
