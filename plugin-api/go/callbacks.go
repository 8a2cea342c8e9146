// SPDX-License-Identifier: MIT

package udf

// #include "glue.h"
import "C"

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"runtime/cgo"
	"strings"
	"unsafe"
)

// A handler as C knows it: by the number of its cgo.Handle.
type handler struct {
	host   *Host
	impl   any
	points []Point // of the call, used again
}

func handlerOf(self C.uintptr_t) *handler { return cgo.Handle(self).Value().(*handler) }

// guarded runs f and tells the host why it failed, if so. No panic gets beyond it.
func guarded(host *Host, f func() error) (status C.int) {
	defer func() {
		if why := recover(); why != nil {
			host.fail(fmt.Sprintf("panic: %v%s", why, where()))
			status = C.UDF_ERROR
		}
	}()
	err := f()
	switch {
	case err == nil:
		return C.UDF_OK
	case errors.Is(err, ErrClosed):
		return C.UDF_CLOSED
	}
	host.fail(err.Error())
	return C.UDF_ERROR
}

// where is the place of the panic that is being recovered: the innermost function that is not the runtime's.
func where() string {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
	for panicked := false; ; {
		frame, more := frames.Next()
		if frame.Function == "runtime.gopanic" {
			panicked = true
		} else if panicked && !strings.HasPrefix(frame.Function, "runtime.") {
			return fmt.Sprintf(" (%s, %s:%d)", frame.Function, filepath.Base(frame.File), frame.Line)
		}
		if !more {
			return ""
		}
	}
}

//export udfgo_create
func udfgo_create(index C.uint32_t, c *C.udf_host, args unsafe.Pointer, count C.size_t) (self C.uintptr_t) {
	host := newHost(c)
	status := guarded(host, func() error {
		given := copyArgs(array[cArg](uintptr(args), uint64(count)))
		impl, err := registered[index].make(host, given)
		if err != nil {
			return err
		}
		self = C.uintptr_t(cgo.NewHandle(&handler{host: host, impl: impl}))
		return nil
	})
	if status != C.UDF_OK {
		host.close()
	}
	return self
}

//export udfgo_destroy
func udfgo_destroy(self C.uintptr_t) {
	h := handlerOf(self)
	if closer, ok := h.impl.(Closer); ok {
		guarded(h.host, func() error { closer.Close(); return nil })
	}
	h.host.close()
	cgo.Handle(self).Delete()
}

//export udfgo_points
func udfgo_points(self C.uintptr_t, points unsafe.Pointer, count C.size_t) C.int {
	h := handlerOf(self)
	return guarded(h.host, func() error {
		return h.impl.(StreamHandler).Points(h.lend(uintptr(points), uint64(count)))
	})
}

// lend makes Points of an array of the host's.
func (h *handler) lend(points uintptr, count uint64) []Point {
	all := array[cPoint](points, count)
	if cap(h.points) < len(all) {
		h.points = make([]Point, len(all))
	}
	lent := h.points[:len(all):len(all)]
	for i := range all {
		lent[i] = Point{c: &all[i]}
	}
	return lent
}

//export udfgo_batch
func udfgo_batch(self C.uintptr_t, batch unsafe.Pointer) C.int {
	h := handlerOf(self)
	return guarded(h.host, func() error {
		c := (*cBatch)(batch)
		return h.impl.(BatchHandler).Batch(Batch{c: c, points: h.lend(c.points, c.pointCount)})
	})
}

//export udfgo_begin_batch
func udfgo_begin_batch(self C.uintptr_t, batch unsafe.Pointer) C.int {
	h := handlerOf(self)
	return guarded(h.host, func() error {
		return h.impl.(BatchPartsHandler).BeginBatch(Batch{c: (*cBatch)(batch)})
	})
}

//export udfgo_end_batch
func udfgo_end_batch(self C.uintptr_t, batch unsafe.Pointer) C.int {
	h := handlerOf(self)
	return guarded(h.host, func() error {
		return h.impl.(BatchPartsHandler).EndBatch(Batch{c: (*cBatch)(batch)})
	})
}

//export udfgo_snapshot
func udfgo_snapshot(self C.uintptr_t, sink *C.udf_sink) C.int {
	h := handlerOf(self)
	return guarded(h.host, func() error {
		state, err := h.impl.(Snapshotter).Snapshot()
		if err == nil && len(state) > 0 {
			C.udfgo_write(sink, unsafe.Pointer(&state[0]), C.size_t(len(state)))
		}
		return err
	})
}

//export udfgo_restore
func udfgo_restore(self C.uintptr_t, version C.uint32_t, data unsafe.Pointer, size C.size_t) C.int {
	h := handlerOf(self)
	return guarded(h.host, func() error {
		state := append([]byte(nil), array[byte](uintptr(data), uint64(size))...)
		return h.impl.(Snapshotter).Restore(uint32(version), state)
	})
}

//export udfgo_stop
func udfgo_stop(self C.uintptr_t) C.int {
	h := handlerOf(self)
	return guarded(h.host, func() error { return h.impl.(Stopper).Stop() })
}
