// SPDX-License-Identifier: MIT

// Package fakehost calls a plugin's table as udf-host does, for the tests of package udf: from C, with memory of C.
package fakehost

// #cgo CFLAGS: -I${SRCDIR}/../..
// #include <stdlib.h>
// #include "fakehost.h"
import "C"

import (
	"fmt"
	"unsafe"
)

// What a callback returns.
const (
	OK     = int(C.UDF_OK)
	Error  = int(C.UDF_ERROR)
	Closed = int(C.UDF_CLOSED)
)

// Algorithm of a table.
type Algorithm struct{ c *C.udf_algorithm }

// Find looks an algorithm up by its name.
func Find(plugin unsafe.Pointer, name string) Algorithm {
	p := (*C.udf_plugin)(plugin)
	for _, a := range unsafe.Slice(p.algorithms, p.algorithm_count) {
		if C.GoString(a.name) == name {
			return Algorithm{a}
		}
	}
	panic("no algorithm " + name)
}

// Describe is what the table says of it.
func (a Algorithm) Describe() string {
	c := a.c
	s := fmt.Sprintf("%s %s %d->%d v%d:", C.GoString(c.name), C.GoString(c.version), c.wants, c.provides, c.state_version)
	for _, o := range unsafe.Slice(c.options, c.option_count) {
		s += fmt.Sprintf(" %s%v/%d", C.GoString(o.name), unsafe.Slice(o.types, o.type_count), o.flags)
	}
	for _, f := range []struct {
		name  string
		there bool
	}{
		{"points", c.points != nil}, {"batch", c.batch != nil}, {"begin", c.begin_batch != nil},
		{"end", c.end_batch != nil}, {"snapshot", c.snapshot != nil}, {"restore", c.restore != nil}, {"stop", c.stop != nil},
	} {
		if f.there {
			s += " " + f.name
		}
	}
	return s
}

// Handler is one that was made, and its host.
type Handler struct {
	algorithm Algorithm
	host      *C.fakehost
	self      unsafe.Pointer
	Status    int // of create
}

// New makes a handler. The option 'field' is "v"; emit answers with that status.
func (a Algorithm) New(answer int) *Handler {
	h := &Handler{algorithm: a, host: C.fakehost_new(C.int(answer))}
	arg := (*C.udf_arg)(C.calloc(1, C.sizeof_udf_arg))
	value := (*C.udf_value)(C.calloc(1, C.sizeof_udf_value))
	arg.name = C.udf_str{data: C.CString("field"), size: 5}
	*(**C.char)(unsafe.Pointer(&value.as)) = C.CString("v")
	value.size, value._type = 1, C.UDF_STRING
	arg.values, arg.value_count = value, 1
	self := (*unsafe.Pointer)(C.calloc(1, 8))
	h.Status = int(C.fakehost_create(a.c, C.fakehost_host(h.host), arg, 1, self))
	h.self = *self
	return h
}

// Destroy ends the handler. What the host was told can still be read.
func (h *Handler) Destroy() { C.fakehost_destroy(h.algorithm.c, h.self) }

// Stop says that the input has ended.
func (h *Handler) Stop() int { return int(C.fakehost_stop(h.algorithm.c, h.self)) }

// Points of two groups: see fakehost.h.
func (h *Handler) Points(time int64, count int) int { return h.give(time, count, 0) }

// Batch gives a whole one.
func (h *Handler) Batch(time int64, count int) int { return h.give(time, count, 1) }

// Parts gives one piece by piece.
func (h *Handler) Parts(time int64, count int) int { return h.give(time, count, 2) }

func (h *Handler) give(time int64, count, whole int) int {
	return int(C.fakehost_points(h.host, h.algorithm.c, h.self, C.int64_t(time), C.size_t(count), C.int(whole)))
}

// Said is what the host was told since the last time.
func (h *Handler) Said() string {
	text := C.fakehost_said(h.host)
	defer C.free(unsafe.Pointer(text))
	return C.GoString(text)
}

// Snapshot of the handler.
func (h *Handler) Snapshot() (string, int) {
	var state *C.char
	var size C.size_t
	status := C.fakehost_snapshot(h.algorithm.c, h.self, &state, &size)
	defer C.free(unsafe.Pointer(state))
	return C.GoStringN(state, C.int(size)), int(status)
}

// Restore gives the handler a snapshot.
func (h *Handler) Restore(version uint32, state string) int {
	c := C.CString(state)
	defer C.free(unsafe.Pointer(c))
	return int(C.fakehost_restore(h.algorithm.c, h.self, C.uint32_t(version), c, C.size_t(len(state))))
}
