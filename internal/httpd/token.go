package httpd

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/headwater-mcp/headwater/fault"
)

// tokenPrefix tells scanners of repositories, and people, what it is that they have found.
const tokenPrefix = "hw_"

// principalName is a name that stands in a line of the file, and in logs.
var principalName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}$`)

// Line is one token's in the file: the hash, the user, the scopes and, where there is one, the end.
type Line struct {
	Hash    string
	User    string
	Scopes  []Scope
	Expires time.Time
}

// NewToken makes a token of 130 random bits and its line. It is kept nowhere. Its error is the fault of a name or a scope that
// is none.
func NewToken(user string, words []string, expires time.Time) (token string, line Line, err error) {
	if !principalName.MatchString(user) {
		return "", Line{}, fault.New(fault.Invalid, "A user is named by letters, digits and ._@+-, at most 100; given %q.", user)
	}
	for _, word := range words {
		if !slices.Contains(scopes(), Scope(word)) {
			return "", Line{}, fault.New(fault.Invalid, "There is no scope %q; valid: %s.", word, joinScopes(scopes(), ", "))
		}
	}
	if len(words) == 0 {
		return "", Line{}, fault.New(fault.Invalid, "A token without scopes opens nothing; valid: %s.", joinScopes(scopes(), ", "))
	}
	token = tokenPrefix + rand.Text()
	return token, Line{Hash: hashOf(token), User: user, Scopes: parseScopes(words), Expires: expires}, nil
}

// hashOf is what the file has of a token. It needs no salt and no slowness: a token is no password, and nobody guesses one.
func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// String is the line as it stands in the file.
func (l Line) String() string {
	out := l.Hash + " " + l.User + " " + joinScopes(l.Scopes, ",")
	if !l.Expires.IsZero() {
		out += " " + l.Expires.UTC().Format(time.RFC3339)
	}
	return out
}

var validHash = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// parseLine reads one line. Its error says what is wrong without what stands there: it may be a token.
func parseLine(text string) (Line, error) {
	fields := strings.Fields(text)
	if len(fields) < 3 || len(fields) > 4 {
		return Line{}, errors.New("it is not: hash, user, scopes and perhaps an end")
	}
	l := Line{Hash: fields[0], User: fields[1]}
	if !validHash.MatchString(l.Hash) {
		return Line{}, errors.New("its first word is not sha256: and 64 hexadecimal digits, which `headwater token` prints")
	}
	if !principalName.MatchString(l.User) {
		return Line{}, errors.New("its second word is no name of a user: letters, digits and ._@+-")
	}
	words := strings.Split(fields[2], ",")
	if l.Scopes = parseScopes(words); len(l.Scopes) != len(words) {
		return Line{}, fmt.Errorf("its third word is not made of %s, with commas between", joinScopes(scopes(), ", "))
	}
	if len(fields) == 4 {
		var err error
		if l.Expires, err = time.Parse(time.RFC3339, fields[3]); err != nil {
			return Line{}, errors.New("its fourth word is no instant like 2027-01-31T00:00:00Z")
		}
	}
	return l, nil
}

// ReadLines reads a file of tokens: a line each, and comments behind #. Its errors are faults that name the line.
func ReadLines(path string) ([]Line, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "The file of tokens %s cannot be read. Make a line for it with `headwater token USER`.", path)
	}
	if info.Mode().Perm()&0o022 != 0 {
		return nil, fault.New(fault.Invalid, "The file of tokens %s can be written by others, who could let themselves in: chmod go-w it.", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "The file of tokens %s cannot be read.", path)
	}
	var out []Line
	scanner := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; scanner.Scan(); n++ {
		body, _, _ := strings.Cut(scanner.Text(), "#")
		if strings.TrimSpace(body) == "" {
			continue
		}
		line, err := parseLine(body)
		if err != nil {
			return nil, fault.New(fault.Invalid, "Line %d of %s cannot be used: %s.", n, path, err)
		}
		out = append(out, line)
	}
	if err := scanner.Err(); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "The file of tokens %s has a line that is too long.", path)
	}
	if len(out) == 0 {
		return nil, fault.New(fault.Invalid, "The file of tokens %s has no token. Make a line for it with `headwater token USER`.", path)
	}
	return out, nil
}

// tokens are the lines of a file, read again when it changes: taking out a line ends its token without a restart.
type tokens struct {
	path string
	now  func() time.Time
	warn func(error)

	mu      sync.Mutex
	looked  time.Time
	changed time.Time
	size    int64
	lines   map[string]Line
}

// tokensAge is how long a change of the file may go unseen.
const tokensAge = time.Second

func newTokens(path string, now func() time.Time, warn func(error)) (*tokens, error) {
	t := &tokens{path: path, now: now, warn: warn}
	lines, err := ReadLines(path)
	if err != nil {
		return nil, err
	}
	t.take(lines)
	return t, nil
}

func (t *tokens) take(lines []Line) {
	t.lines = map[string]Line{}
	for _, l := range lines {
		t.lines[l.Hash] = l
	}
	t.looked = t.now()
	if info, err := os.Stat(t.path); err == nil {
		t.changed, t.size = info.ModTime(), info.Size()
	}
}

// find returns the line of a token. A file that became unreadable opens nothing: whoever broke it may have meant to.
func (t *tokens) find(token string) (Line, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.now().Sub(t.looked) >= tokensAge {
		t.look()
	}
	l, ok := t.lines[hashOf(token)]
	return l, ok && (l.Expires.IsZero() || t.now().Before(l.Expires))
}

func (t *tokens) look() {
	info, err := os.Stat(t.path)
	if err == nil && info.ModTime().Equal(t.changed) && info.Size() == t.size && t.lines != nil {
		t.looked = t.now()
		return
	}
	lines, err := ReadLines(t.path)
	if err != nil {
		t.warn(err)
		t.lines, t.looked = nil, t.now()
		return
	}
	t.take(lines)
}
