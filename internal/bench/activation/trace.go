package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/warehouse"
)

// spent is what statements that begin alike took together.
type spent struct {
	Words string        `json:"words"`
	Times int           `json:"times"`
	Wall  time.Duration `json:"wall"`
	CPU   time.Duration `json:"cpu"`
}

// traced is a warehouse that adds up what each statement takes, in the order in which they first came.
type traced struct {
	warehouse.Warehouse

	spent []spent
}

// Write times opening, the statements, and committing and closing, which writes the log into the file.
func (t *traced) Write(ctx context.Context, fn func(context.Context, warehouse.Writer) error) error {
	began := t.start()
	var end func()
	err := t.Warehouse.Write(ctx, func(ctx context.Context, w warehouse.Writer) error {
		began("(open and begin)")
		err := fn(ctx, tracedWriter{Writer: w, to: t})
		finish := t.start()
		end = func() { finish("(commit, checkpoint and close)") }
		return err
	})
	if end != nil {
		end()
	}
	return err
}

// start begins a measurement; what it returns ends it under a name.
func (t *traced) start() func(words string) {
	wall, cpu := time.Now(), processTime()
	return func(words string) {
		took := spent{Words: words, Times: 1, Wall: time.Since(wall), CPU: processTime() - cpu}
		i := slices.IndexFunc(t.spent, func(s spent) bool { return s.Words == words })
		if i < 0 {
			t.spent = append(t.spent, took)
			return
		}
		t.spent[i].Times++
		t.spent[i].Wall += took.Wall
		t.spent[i].CPU += took.CPU
	}
}

type tracedWriter struct {
	warehouse.Writer

	to *traced
}

func (w tracedWriter) Exec(ctx context.Context, statement string, args ...any) error {
	end := w.to.start()
	defer func() { end(firstWords(statement)) }()
	return w.Writer.Exec(ctx, statement, args...)
}

func (w tracedWriter) Stage(ctx context.Context, statement string, args ...any) error {
	end := w.to.start()
	defer func() { end(firstWords(statement)) }()
	return w.Writer.Stage(ctx, statement, args...)
}

func (w tracedWriter) Query(ctx context.Context, query string, args ...any) (warehouse.Rows, error) {
	end := w.to.start()
	rows, err := w.Writer.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return tracedRows{Rows: rows, end: func() { end(firstWords(query)) }}, nil
}

// tracedRows ends the measurement of a query where its result has been read.
type tracedRows struct {
	warehouse.Rows

	end func()
}

func (r tracedRows) Close() error {
	defer r.end()
	return r.Rows.Close()
}

// firstWords tells a statement from others: what follows its comments, in one line.
func firstWords(statement string) string {
	var words []string
	for line := range strings.Lines(statement) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "--") {
			words = append(words, strings.Fields(line)...)
		}
	}
	text := strings.Join(words, " ")
	const most = 110
	if len(text) > most {
		text = text[:most] + "…"
	}
	return text
}
