package wire

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/headwater-mcp/headwater/fault"
)

// lifetime is how long a person may think about a question.
const lifetime = 15 * time.Minute

// ticket is what a client of the newer era carries from a question to its answer.
type ticket struct {
	Owner     string    `json:"owner"`
	Tool      string    `json:"tool"`
	Arguments string    `json:"arguments"` // digest
	Question  string    `json:"question"`  // digest
	Before    []given   `json:"before,omitempty"`
	Expires   time.Time `json:"expires"`
	Serial    string    `json:"serial"`
}

// seal makes requestState of tickets. What it opens was made by this server, is not too old and was not changed: clients keep
// it, and a model may have had it in hand. The key is the process's own, so a restart voids what is open.
type seal struct {
	now func() time.Time
	key []byte

	mu    sync.Mutex
	spent map[string]time.Time // by serial: when the ticket would have been void anyway
}

func newSeal(now func() time.Time) *seal {
	return &seal{now: now, key: []byte(rand.Text() + rand.Text()), spent: map[string]time.Time{}}
}

// close makes a requestState of a ticket, with a serial and an end of its own.
func (s *seal) close(t ticket) (string, error) {
	t.Expires, t.Serial = s.now().Add(lifetime).UTC(), rand.Text()
	body, err := json.Marshal(t)
	if err != nil {
		return "", fmt.Errorf("encode the state of a question: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(body) + "." + base64.RawURLEncoding.EncodeToString(s.sign(body)), nil
}

// open returns the ticket of a requestState that close made. Its errors are faults.
func (s *seal) open(state, tool string) (ticket, error) {
	again := fmt.Sprintf("Call %s without requestState and inputResponses to be asked again.", tool)
	forged := fault.New(fault.Invalid, "The answer belongs to no question of this server, or the server was restarted since it asked. %s", again)
	encoded, signature, _ := strings.Cut(state, ".")
	body, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return ticket{}, forged
	}
	given, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil || !hmac.Equal(given, s.sign(body)) {
		return ticket{}, forged
	}
	var t ticket
	if err := json.Unmarshal(body, &t); err != nil {
		return ticket{}, fault.Wrap(err, fault.Internal, "The state of a question could not be read.")
	}
	if !s.now().Before(t.Expires) {
		return ticket{}, fault.New(fault.Conflict, "The question was asked more than %d minutes ago. %s", int(lifetime.Minutes()), again)
	}
	return t, nil
}

// spend makes a ticket void. Its error is the fault of one that already is.
func (s *seal) spend(t ticket, tool string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for serial, until := range s.spent {
		if !now.Before(until) {
			delete(s.spent, serial)
		}
	}
	if _, ok := s.spent[t.Serial]; ok {
		return fault.New(fault.Conflict, "The answer has been used already. "+
			"Call %s without requestState and inputResponses to be asked again.", tool)
	}
	s.spent[t.Serial] = t.Expires
	return nil
}

func (s *seal) sign(body []byte) []byte {
	mac := hmac.New(sha256.New, s.key)
	_, _ = mac.Write(body) // a hash takes everything
	return mac.Sum(nil)
}
