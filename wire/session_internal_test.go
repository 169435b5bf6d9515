package wire

import (
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/stretchr/testify/require"
)

func TestAnUpdateWaitsForTheAcknowledgementOfItsStream(t *testing.T) {
	t.Parallel()
	s := newSession("s", nil)
	s.owe(update{uri: "s://a", listen: "7", id: 7.0})
	s.owe(update{uri: "s://a"})
	s.owe(update{uri: "s://a"})
	s.owe(update{uri: "s://a", listen: "7", id: 7.0})
	require.Equal(t, []mcp.JSONRPCNotification{update{uri: "s://a"}.notification()}, s.due(), "the older era knows none")
	require.Empty(t, s.due())

	s.wrote(mcp.JSONRPCNotification{Notification: mcp.Notification{Method: "notifications/progress"}})
	require.Empty(t, s.due())
	<-s.owing
	s.wrote(mcp.JSONRPCNotification{Notification: mcp.Notification{
		Method: mcp.MethodNotificationSubscriptionsAcknowledged,
		Params: mcp.NotificationParams{Meta: map[string]any{mcp.MetaKeySubscriptionID: 7.0}},
	}})
	require.Len(t, s.owing, 1, "the writer is woken")
	require.Equal(t, []mcp.JSONRPCNotification{update{uri: "s://a", listen: "7", id: 7.0}.notification()}, s.due(), "once")

	s.owe(update{uri: "s://a", listen: "7", id: 7.0})
	s.drop(update{uri: "s://a", listen: "7"})
	require.Empty(t, s.due(), "who has gone is told no more")
}
