package httpd_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/internal/httpd"
)

// question is what a call of the newer era ends with when its tool asks.
type question struct {
	Result struct {
		ResultType   string `json:"resultType"`
		RequestState string `json:"requestState"`
		Structured   struct {
			Reply string `json:"reply"`
			Error struct {
				Kind string `json:"kind"`
			} `json:"error"`
		} `json:"structuredContent"`
	} `json:"result"`
	Error struct {
		Code int `json:"code"`
	} `json:"error"`
}

func TestAnAnswerToAQuestionHoldsOnceForWhoWasAskedAndUnaltered(t *testing.T) {
	t.Parallel()
	path, tokens := tokenFile(t, "ann:read,write", "bob:read,write")
	s := serve(t, func(o *httpd.Options) { o.Tokens = path })
	call := func(token, arguments, state string) question {
		params := `"arguments":` + arguments
		if state != "" {
			text, err := json.Marshal(state)
			require.NoError(t, err)
			params += `,"requestState":` + string(text) + `,"inputResponses":{"question":{"action":"accept","content":{}}}`
		}
		response, body := s.newer(token, "tools/call", "start_backfill", params)
		require.Contains(t, []int{http.StatusOK, http.StatusBadRequest}, response.StatusCode)
		var q question
		require.NoError(t, json.Unmarshal([]byte(body), &q), body)
		return q
	}
	asked := call(tokens[0], `{"text":"a"}`, "")
	state := asked.Result.RequestState
	require.Equal(t, "input_required", asked.Result.ResultType)
	require.NotEmpty(t, state)

	flipped := []byte(state)
	flipped[10] ^= 1
	for name, refused := range map[string]question{
		"by another user":       call(tokens[1], `{"text":"a"}`, state),
		"for other arguments":   call(tokens[0], `{"text":"b"}`, state),
		"altered":               call(tokens[0], `{"text":"a"}`, string(flipped)),
		"cut":                   call(tokens[0], `{"text":"a"}`, state[:len(state)-4]),
		"without its signature": call(tokens[0], `{"text":"a"}`, state[:len(state)/2]),
		"of one's own":          call(tokens[0], `{"text":"a"}`, "e30.AAAA"),
	} {
		require.Equal(t, -32602, refused.Error.Code, name)
		require.Empty(t, refused.Result.Structured.Reply, name)
	}
	require.Equal(t, "accept", call(tokens[0], `{"text":"a"}`, state).Result.Structured.Reply)
	again := call(tokens[0], `{"text":"a"}`, state)
	require.Empty(t, again.Result.Structured.Reply)
	require.Equal(t, "conflict", again.Result.Structured.Error.Kind, "it has been used")
}
