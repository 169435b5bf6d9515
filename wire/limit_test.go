package wire_test

import (
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestACallIsStoppedAfterHalfAMinute, and says what to ask instead; the server goes on.
func TestACallIsStoppedAfterHalfAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := dial(t, sampleServer(t, io.Discard))
		require.Nil(t, p.ask(able).Error)
		begun := time.Now()
		kind, said := failureOf(t, p.call("wait", `{}`))
		require.Equal(t, "unavailable", kind)
		require.Equal(t, "wait was stopped after 30s, which is as long as a call may take. Ask for less at once: fewer nodes, a shorter range of periods.", said)
		require.Equal(t, 30*time.Second, time.Since(begun))
		require.False(t, p.call("search", `{"node":"a"}`).IsError)
		require.NoError(t, p.in.Close())
		require.NoError(t, p.finished())
	})
}

// TestAPersonTakesTheTimeThatTheyTake: what a call waits for an answer is not counted.
func TestAPersonTakesTheTimeThatTheyTake(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLiving(t)
		p := dial(t, l.Server)
		require.Nil(t, p.ask(able).Error)
		p.send(call(1, "start", p1))
		id, _ := p.question()
		time.Sleep(10 * time.Minute) // of the clock of this test
		p.answers(id, replies["accept"].answer)
		require.Equal(t, replies["accept"].want, outcomeOf(t, p.resultOf(p.receive())))
		require.NoError(t, p.in.Close())
		require.NoError(t, p.finished())
	})
}
