package initialise_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/internal/config"
	"github.com/headwater-mcp/headwater/internal/initialise"
)

func TestRender(t *testing.T) {
	t.Parallel()
	for name, draft := range map[string]initialise.Draft{
		"empty":    {Warehouse: "There is none."},
		"declared": {Warehouse: "It is shop.dev.", Declared: []string{"fct_app_visit", "fct_item_sold"}},
		"fact": {
			Project: "shop", Artifacts: "dbt/target", Warehouse: "It is shop.dev.",
			Proposals: []initialise.Proposal{{
				Fact: activation.Fact{
					Name: "app_visit", Model: "fct_app_visit", User: "user_id", Time: "event_at", Grains: []string{"day", "week", "month"},
					Dimensions: []string{"country", "platform"},
				},
				Why: "fct_app_visit is a table and named like a fact: user_id looks like the user key, event_at like the time of the event.",
			}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := initialise.Render(draft)
			require.NoError(t, err)
			golden := filepath.Join("testdata", name+".yaml")
			if os.Getenv("UPDATE_GOLDEN") != "" {
				require.NoError(t, os.WriteFile(golden, []byte(got), 0o600))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), got)
		})
	}
}

// The commented keys are examples to uncomment: all of them at once load too.
func TestCommentedKeysLoad(t *testing.T) {
	t.Parallel()
	text, err := initialise.Render(initialise.Draft{})
	require.NoError(t, err)
	key := regexp.MustCompile(`^# (\w+:(?: .*)?| {2}.*)$`)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if m := key.FindStringSubmatch(line); m != nil {
			lines[i] = m[1]
		}
	}
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, config.FileName), []byte(strings.Join(lines, "\n")), 0o600))
	l, err := config.Load(config.Flags{}, nil, dir)
	require.NoError(t, err, strings.Join(lines, "\n"))
	require.Len(t, l.Facts, 1)
	require.Len(t, l.Partitions, 1)
	require.NoError(t, l.Warehouse.Unreachable)
	require.Equal(t, []string{"prod.*"}, l.Policy.Protected)
}
