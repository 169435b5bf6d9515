package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/headwater-mcp/headwater/internal/httpd"
)

// tokens are those of the users of a server: the last one looks at its metrics and asks nothing.
type tokens struct {
	file string
	each []string
}

func (t tokens) of(i int) string { return t.each[i] }
func (t tokens) admin() string   { return t.each[len(t.each)-1] }

// newTokens writes a file of tokens for so many users and the one who looks on.
func newTokens(dir string, users int) (tokens, error) {
	t := tokens{file: filepath.Join(dir, "tokens")}
	var text []byte
	for i := range users + 1 {
		token, line, err := httpd.NewToken(fmt.Sprintf("user-%d", i), []string{"read", "plan", "write"}, time.Time{})
		if err != nil {
			return t, err
		}
		t.each = append(t.each, token)
		text = fmt.Appendln(text, line)
	}
	if err := os.WriteFile(t.file, text, 0o600); err != nil {
		return t, fmt.Errorf("writing tokens: %w", err)
	}
	return t, nil
}
