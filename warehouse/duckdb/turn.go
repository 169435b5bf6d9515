package duckdb

import (
	"os"
	"time"
)

// turnSuffix ends the name of the file whose lock a writer holds while it waits for readers of other processes. A server with
// many readers has the warehouse open without a break, because each joins the instance of those before it: whoever waits for a
// break waits for ever. Seeing this lock held, readers give way, as they do to a writer of their own process.
const turnSuffix = ".turn" + lockSuffix

// takeTurn says to readers that a writer waits, until it is released. It is nil where another writer says so already, or where it
// cannot be said.
func takeTurn(o opening) *lockFile {
	turn, err := openLockFile(o.real + turnSuffix)
	if err != nil {
		return nil
	}
	if locked, err := turn.try(true); err != nil || !locked {
		turn.release()
		return nil
	}
	return turn
}

// wanted reports whether a writer of another process waits for readers to leave.
func wanted(o opening) bool {
	path := o.real + turnSuffix
	if _, err := os.Stat(path); err != nil {
		return false // none ever waited
	}
	turn, err := openLockFile(path)
	if err != nil {
		return false
	}
	defer turn.release()
	free, err := turn.try(false)
	return err == nil && !free
}

// giveWay reports whether a reader that could get in waits a moment for a writer of another process, of which nobody says when it
// has come in. The caller holds mu.
func (f *file) giveWay(o opening, v verdict, patient bool) (again <-chan time.Time, gives bool) {
	if !patient || v == wait || v == refuse || f.instance != nil && f.instance.mode == readWrite || !wanted(o) {
		return nil, false
	}
	return time.After(pollEvery), true
}
