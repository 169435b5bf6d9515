package partition

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func hour(n int) time.Time { return time.Date(2026, 6, 1, n, 0, 0, 0, time.UTC) }

// TestStaleIsWhatTheBuildDidNotRead: an input changes at whole hours and is looked at half past some of them. What is called changed
// since a build has changed since it; and where somebody had seen it on both sides of the build, what has changed is called so.
func TestStaleIsWhatTheBuildDidNotRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const hours = 12
		content := make([]int64, hours) // 0 is no rows
		looks := make([]bool, hours)
		for h := range content {
			content[h] = rapid.Int64Range(0, 1).Draw(t, "more") // what comes and goes between two looks nobody can know of
			if h > 0 {
				content[h] += content[h-1]
			}
			looks[h] = rapid.Bool().Draw(t, "look")
		}
		var versions []Version
		var before time.Time
		last := -1
		for h, looked := range looks {
			if !looked {
				continue
			}
			seen := hour(h).Add(30 * time.Minute)
			now := int64(0)
			if n := len(versions); n > 0 {
				now = versions[n-1].Rows
			}
			if content[h] != now {
				versions = append(versions, Version{Rows: content[h], Fingerprint: "m:" + strconv.FormatInt(content[h], 10), Since: seen, Before: before})
			}
			before, last = seen, h
		}
		if last < 0 {
			return
		}
		build := rapid.IntRange(0, last).Draw(t, "build") // at a quarter past
		was, now, found := changed(versions, hour(build).Add(15*time.Minute))
		if found {
			require.NotEqual(t, content[build], content[last])
			require.Equal(t, content[build], was.Rows)
			require.Equal(t, content[last], now.Rows)
			return
		}
		// Nobody says so: then it is as it was, or it changed while nobody looked.
		if content[build] != content[last] {
			next := build
			for next <= last && content[next] == content[build] {
				next++
			}
			earlier, later := false, false
			for h := build - 1; h >= 0 && content[h] == content[build]; h-- {
				earlier = earlier || looks[h]
			}
			for h := build; h < next; h++ {
				later = later || looks[h]
			}
			require.False(t, earlier && later && looks[next], "a change is missed although the build was between two sights of what it read")
		}
	})
}

func TestFingerprintsOfAnotherKindDoNotCompare(t *testing.T) {
	t.Parallel()
	a := Version{Rows: 4, Fingerprint: "v1:10"}
	require.True(t, same(a, Version{Rows: 4, Fingerprint: "v2:11"}))
	require.False(t, same(a, Version{Rows: 4, Fingerprint: "v1:11"}))
	require.False(t, same(a, Version{Rows: 5, Fingerprint: "v2:11"}))
}
