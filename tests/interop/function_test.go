// SPDX-License-Identifier: MIT

package interop

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/influxdata/kapacitor/edge"
	"github.com/influxdata/kapacitor/keyvalue"
	"github.com/influxdata/kapacitor/udf"
	"github.com/influxdata/kapacitor/udf/agent"
)

// For what comes at once on a machine that is not busy.
const patience = 20 * time.Second

var errAborted = errors.New("node aborted")

// A function is what a task holds: Kapacitor's server, with udf-host at its other end.
type function struct {
	*udf.Server
	t   *testing.T
	log log

	// The host has ended: its process and what it says, or its end of the connection, though ours is still open.
	gone chan struct{}
	// With which error the process ended; of a connection always nil. Read it after gone.
	exit error
	// The server has aborted, for whatever reason.
	aborted chan struct{}

	// Kapacitor sends no more once the server has aborted, which would panic otherwise.
	sending sync.Mutex
	in      chan<- edge.Message
}

func newFunction(t *testing.T) *function {
	return &function{t: t, gone: make(chan struct{}), aborted: make(chan struct{})}
}

func (f *function) start(in io.Reader, out io.WriteCloser, timeout time.Duration, kill func()) {
	abort := func() {
		close(f.aborted)
		f.sending.Lock()
		defer f.sending.Unlock()
	}
	f.Server = udf.NewServer("task", "node", bufio.NewReader(in), out, &f.log, timeout, abort, kill)
	f.in = f.In()
	if err := f.Start(); err != nil {
		f.t.Fatal(err)
	}
}

func (f *function) init(options ...*agent.Option) {
	f.t.Helper()
	f.within(patience, "Init", func() {
		if err := f.Init(options); err != nil {
			f.t.Errorf("Init: %v", err)
		}
	})
}

// send is false once the server has aborted.
func (f *function) send(message edge.Message) bool {
	f.sending.Lock()
	defer f.sending.Unlock()
	select {
	case <-f.aborted:
		return false
	default:
	}
	select {
	case f.in <- message:
		return true
	case <-f.aborted:
		return false
	}
}

func (f *function) receive(count int) []edge.Message {
	f.t.Helper()
	var messages []edge.Message
	f.within(patience, "what the function emits", func() {
		for len(messages) < count {
			m, ok := <-f.Out()
			if !ok {
				f.t.Errorf("the output ended after %d of %d", len(messages), count)
				return
			}
			messages = append(messages, m)
		}
	})
	return messages
}

// exchange sends all of them, receives as many, and checks that these are all.
func (f *function) exchange(messages []edge.Message) []edge.Message {
	f.t.Helper()
	go func() {
		for _, m := range messages {
			f.send(m)
		}
	}()
	got := f.receive(len(messages))
	f.stop()
	for m := range f.Out() {
		f.t.Errorf("more was emitted than came in: %v", m)
	}
	return got
}

// stop ends the input and waits for the end of the output, without an error.
func (f *function) stop() {
	f.t.Helper()
	f.within(patience, "Stop", func() {
		if err := f.Stop(); err != nil {
			f.t.Errorf("Stop: %v", err)
		}
	})
}

// rest receives until the output ends.
func (f *function) rest() []edge.Message {
	f.t.Helper()
	var messages []edge.Message
	f.within(patience, "the end of the output", func() {
		for m := range f.Out() {
			messages = append(messages, m)
		}
	})
	return messages
}

// drop reads the output to its end, as a task does that goes on downstream.
func (f *function) drop() {
	for range f.Out() {
	}
}

// stopAnyhow ends the input of a function that may have failed.
func (f *function) stopAnyhow() { _ = f.Stop() }

// failure waits for the server to abort, and returns the error of the task.
func (f *function) failure() string {
	f.t.Helper()
	var err error
	f.within(patience, "the failure", func() {
		<-f.aborted
		err = f.Stop()
	})
	if err == nil {
		f.t.Fatal("the task ended without an error")
	}
	return err.Error()
}

func (f *function) goneWithin(limit time.Duration) {
	f.t.Helper()
	f.within(limit, "the host's end", func() { <-f.gone })
}

func (f *function) within(limit time.Duration, what string, do func()) {
	f.t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	select {
	case <-done:
		if f.t.Failed() {
			f.t.Fatalf("the host said:\n%s", f.log.text())
		}
	case <-time.After(limit):
		f.t.Fatalf("%s took longer than %v; the host said:\n%s", what, limit, f.log.text())
	}
}

// A log keeps what would be in Kapacitor's.
type log struct {
	mutex sync.Mutex
	lines []string
}

func (l *log) Error(message string, err error, _ ...keyvalue.T) {
	l.UDFLog(fmt.Sprintf("error: %s: %v", message, err))
}

func (l *log) UDFLog(line string) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.lines = append(l.lines, line)
}

func (l *log) text() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return strings.Join(l.lines, "\n")
}

// follow ends when all that could write there have ended.
func (l *log) follow(from io.Reader) {
	lines := bufio.NewScanner(from)
	for lines.Scan() {
		l.UDFLog(lines.Text())
	}
}
