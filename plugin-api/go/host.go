// SPDX-License-Identifier: MIT

package udf

// #include "glue.h"
import "C"

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"unsafe"
)

// Host is what udf-host offers a handler. All of it may be used from any goroutine. Once the handler is closed, what
// is emitted is answered with ErrClosed, and what is logged is dropped.
type Host struct {
	task, node, version string

	gate   sync.RWMutex // held while the host is called
	c      *C.udf_host  // nil once the handler is gone
	free   sync.Mutex   // guards arenas
	arenas []*arena
}

func newHost(c *C.udf_host) *Host {
	text := func(s *C.udf_str) string { return strings.Clone((*cStr)(unsafe.Pointer(s)).view()) }
	return &Host{c: c, task: text(&c.task_id), node: text(&c.node_id), version: C.GoString(c.version)}
}

// Task is the id of Kapacitor's task that the handler serves.
func (h *Host) Task() string { return h.task }

// Node is the id of the node in the task.
func (h *Host) Node() string { return h.node }

// Version is that of udf-host.
func (h *Host) Version() string { return h.version }

// Emit sends points downstream, in order. It waits while the output is full. What it is given is copied, and may be
// used again. A run of points costs little more than one: emit what you have together.
func (h *Host) Emit(points ...Point) error {
	if len(points) == 0 {
		return nil
	}
	return h.emit(func(a *arena) C.int {
		return C.udfgo_emit_points(h.c, a.points(points), C.size_t(len(points)))
	})
}

// EmitBatch sends one whole batch. Nothing comes between its points.
func (h *Host) EmitBatch(batch Batch) error {
	return h.emit(func(a *arena) C.int {
		return C.udfgo_emit_batch(h.c, unsafe.Pointer(a.batch(&batch)))
	})
}

func (h *Host) emit(send func(*arena) C.int) error {
	h.gate.RLock()
	defer h.gate.RUnlock()
	if h.c == nil {
		return ErrClosed
	}
	a := h.takeArena()
	defer h.giveBack(a)
	switch send(a) {
	case C.UDF_OK:
		return nil
	case C.UDF_CLOSED:
		return ErrClosed
	}
	return errors.New("the host refused what was emitted")
}

// Each emit that is under way has an arena of its own: one that waits must not hold up the others.
func (h *Host) takeArena() *arena {
	h.free.Lock()
	defer h.free.Unlock()
	if last := len(h.arenas) - 1; last >= 0 {
		a := h.arenas[last]
		h.arenas = h.arenas[:last]
		return a
	}
	return &arena{}
}

func (h *Host) giveBack(a *arena) {
	a.reset()
	h.free.Lock()
	h.arenas = append(h.arenas, a)
	h.free.Unlock()
}

// Fail ends the task with this error, from a goroutine of your own. In a method of the handler, return an error.
func (h *Host) Fail(why error) { h.fail(why.Error()) }

func (h *Host) fail(message string) {
	h.gate.RLock()
	defer h.gate.RUnlock()
	if h.c != nil {
		C.udfgo_fail(h.c, start(message), C.size_t(len(message)))
	}
}

// Go runs f in a goroutine of its own. An error or a panic ends the task, as in a method of the handler; one in a
// goroutine that was started with the go statement ends the process. Nobody waits for f: end it in Close.
func (h *Host) Go(f func() error) {
	go func() { guarded(h, f) }()
}

// Debugf, Infof, Warnf and Errorf write a line to Kapacitor's log.
func (h *Host) Debugf(format string, args ...any) { h.log(C.UDF_LOG_DEBUG, format, args) }

// Infof writes a line to Kapacitor's log.
func (h *Host) Infof(format string, args ...any) { h.log(C.UDF_LOG_INFO, format, args) }

// Warnf writes a line to Kapacitor's log.
func (h *Host) Warnf(format string, args ...any) { h.log(C.UDF_LOG_WARN, format, args) }

// Errorf writes a line to Kapacitor's log.
func (h *Host) Errorf(format string, args ...any) { h.log(C.UDF_LOG_ERROR, format, args) }

func (h *Host) log(level C.uint32_t, format string, args []any) {
	h.gate.RLock()
	defer h.gate.RUnlock()
	if h.c == nil || level < h.c.log_level {
		return
	}
	line := fmt.Sprintf(format, args...)
	C.udfgo_log(h.c, level, start(line), C.size_t(len(line)))
}

// close waits for the calls that are under way, and lets no more through.
func (h *Host) close() {
	h.gate.Lock()
	defer h.gate.Unlock()
	h.c = nil
	for _, a := range h.arenas {
		a.free(0)
	}
	h.arenas = nil
}

// start is where the bytes of a string are. C may read them until it returns.
func start(s string) unsafe.Pointer {
	return *(*unsafe.Pointer)(unsafe.Pointer(&s))
}
