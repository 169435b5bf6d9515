package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// process is a headwater that was started, and the file in which stands what it said.
type process struct {
	name  string
	cmd   *exec.Cmd
	said  string
	ended chan error
}

// patience is how long anything may take that ought to take a moment.
const patience = time.Minute

// start starts a program. Its log goes to a file, as it does where systemd runs it.
func start(dir, name, program string, args ...string) (*process, error) {
	p := &process{name: name, said: filepath.Join(dir, name+".log"), ended: make(chan error, 1)}
	log, err := os.Create(p.said)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	defer log.Close()                      //nolint:errcheck // the process has its own
	p.cmd = exec.Command(program, args...) //nolint:gosec,noctx // what is measured is named by whoever measures; stop ends it
	p.cmd.Stderr = log
	p.cmd.Env = append(os.Environ(), "GORACE=halt_on_error=0")
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	go func() { p.ended <- p.cmd.Wait() }()
	return p, nil
}

var address = regexp.MustCompile(`http://127\.0\.0\.1:\d+/mcp`)

// url waits until the server has said where it listens.
func (p *process) url(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for again := time.NewTicker(20 * time.Millisecond); ; {
		text, err := os.ReadFile(p.said)
		if err != nil {
			return "", fmt.Errorf("%s: %w", p.name, err)
		}
		if found := address.Find(text); found != nil {
			return string(found), nil
		}
		select {
		case err := <-p.ended:
			p.ended <- err
			return "", fmt.Errorf("%s ended before it listened: %w: %s", p.name, err, text)
		case <-ctx.Done():
			return "", fmt.Errorf("%s does not listen: %w: %s", p.name, ctx.Err(), text)
		case <-again.C:
		}
	}
}

// stop tells the process to end and waits for it. Its exit code must be 0: with the race detector, a race makes it another one.
func (p *process) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	select {
	case err := <-p.ended:
		p.ended <- err
		if err != nil {
			return fmt.Errorf("%s ended badly: %w", p.name, err)
		}
		return nil
	case <-time.After(patience):
		_ = p.cmd.Process.Kill() // there is nothing else to be done about it
		return fmt.Errorf("%s did not end within %s of being told to", p.name, patience)
	}
}

// complaints are what a log must not hold: races, panics and errors that were not a client's.
func (p *process) complaints() error {
	text, err := os.ReadFile(p.said)
	if err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	return complaintsIn(p.name, text)
}

// longestComplaint is how much of a report is shown.
const longestComplaint = 4000

func complaintsIn(name string, log []byte) error {
	for _, word := range []string{"WARNING: DATA RACE", "panic: ", "fatal error: ", `"level":"error"`, " ERR "} {
		if i := bytes.Index(log, []byte(word)); i >= 0 {
			i = bytes.LastIndexByte(log[:i], '\n') + 1 // the whole line
			return fmt.Errorf("%s said %d times %q, first:\n%s", name, bytes.Count(log, []byte(word)), strings.TrimSpace(word),
				log[i:min(i+longestComplaint, len(log))])
		}
	}
	return nil
}
