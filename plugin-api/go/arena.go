// SPDX-License-Identifier: MIT

package udf

// #include <stdlib.h>
import "C"

import "unsafe"

// An arena is C memory for what is emitted: C must not be given Go memory that refers to more Go memory. It is
// filled from the front, and used again. For one emit at a time.
type arena struct {
	chunks []chunk
	at     int     // the chunk that is being filled
	used   uintptr // of it

	last  string // the string copied last, and where: a run of points has the same field again and again
	lastC cStr
}

type chunk struct {
	start unsafe.Pointer
	size  uintptr
}

const (
	chunkSize = 64 << 10
	// mostKept is what stays allocated after an emit. One large batch should not be paid for for ever.
	mostKept = 4 << 20
)

func (a *arena) take(size, align uintptr) unsafe.Pointer {
	for ; a.at < len(a.chunks); a.at, a.used = a.at+1, 0 {
		start := (a.used + align - 1) &^ (align - 1)
		if c := a.chunks[a.at]; start+size <= c.size {
			a.used = start + size
			return unsafe.Add(c.start, start)
		}
	}
	c := chunk{size: chunkSize}
	if size > c.size {
		c.size = size
	}
	c.start = C.malloc(C.size_t(c.size))
	a.chunks = append(a.chunks, c)
	a.at, a.used = len(a.chunks)-1, size
	return c.start
}

// takeArray has what was there before in it: fill all of it.
func takeArray[T any](a *arena, count int) []T {
	if count == 0 {
		return nil
	}
	var one T
	return unsafe.Slice((*T)(a.take(uintptr(count)*unsafe.Sizeof(one), unsafe.Alignof(one))), count)
}

func address[T any](array []T) uintptr {
	if len(array) == 0 {
		return 0
	}
	return uintptr(unsafe.Pointer(&array[0]))
}

func (a *arena) str(s string) cStr {
	if len(s) == 0 {
		return cStr{}
	}
	if s != a.last {
		bytes := takeArray[byte](a, len(s))
		copy(bytes, s)
		a.last, a.lastC = s, cStr{address(bytes), uint64(len(s))}
	}
	return a.lastC
}

// reset makes all of it free again.
func (a *arena) reset() {
	a.at, a.used, a.last = 0, 0, ""
	kept := uintptr(0)
	for i, c := range a.chunks {
		if kept += c.size; kept > mostKept {
			a.chunks = a.free(i)
			return
		}
	}
}

// free gives back the chunks from the i-th on.
func (a *arena) free(i int) []chunk {
	for _, c := range a.chunks[i:] {
		C.free(c.start)
	}
	return a.chunks[:i]
}

func (a *arena) field(to *cField, from *Field) {
	to.name = a.str(from.Name)
	to.value = cValue{bits: from.bits, kind: uint32(from.kind)}
	if from.kind == TypeString {
		text := a.str(from.text)
		to.value.bits, to.value.size = uint64(text.data), uint32(text.size)
	}
}

func (a *arena) fields(from []Field) []cField {
	to := takeArray[cField](a, len(from))
	for i := range from {
		a.field(&to[i], &from[i])
	}
	return to
}

func (a *arena) tags(from []Tag) []cTag {
	to := takeArray[cTag](a, len(from))
	for i := range from {
		to[i] = cTag{a.str(from[i].Key), a.str(from[i].Value)}
	}
	return to
}

func (a *arena) point(to *cPoint, from *Point) {
	switch {
	case from.c != nil:
		*to = *from.c
	case from.data != nil:
		a.data(to, from.data, from.change == unchanged)
	default:
		*to = cPoint{}
	}
	var fields []cField
	switch from.change {
	case unchanged:
		return
	case replaced:
		fields = a.fields(from.fields)
	case added:
		fields = a.added(from)
	}
	to.fields, to.fieldCount = address(fields), uint32(len(fields))
}

// added are the point's fields, each in its place with the value of the one of its name that was added, then the rest
// of these. What has not changed is not copied.
func (a *arena) added(from *Point) []cField {
	var old []cField
	if from.c != nil {
		old = from.c.allFields()
	} else if from.data != nil {
		old = a.fields(from.data.Fields)
	}
	all := takeArray[cField](a, len(old)+len(from.fields))
	n := copy(all, old)
next:
	for i := range from.fields {
		f := &from.fields[i]
		for j := range all[:n] {
			if all[j].name.view() == f.Name {
				a.field(&all[j], f)
				continue next
			}
		}
		a.field(&all[n], f)
		n++
	}
	return all[:n]
}

func (a *arena) data(to *cPoint, from *Data, fields bool) {
	tags := a.tags(from.Tags)
	dimensions := takeArray[cStr](a, len(from.Dimensions))
	for i, d := range from.Dimensions {
		dimensions[i] = a.str(d)
	}
	*to = cPoint{
		time: nanoseconds(from.Time),
		tags: address(tags), tagCount: uint32(len(tags)),
		dimensions: address(dimensions), dimensionCount: uint32(len(dimensions)),
		group: a.str(from.Group), name: a.str(from.Name),
		database: a.str(from.Database), policy: a.str(from.RetentionPolicy),
		byName: flag(from.ByName), origin: from.origin,
	}
	if fields {
		all := a.fields(from.Fields)
		to.fields, to.fieldCount = address(all), uint32(len(all))
	}
}

func flag(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

// points is an array of them all. A run of points as it came stays where it is: that costs the host one copy.
func (a *arena) points(from []Point) unsafe.Pointer {
	if first := from[0].c; first != nil {
		start, same := uintptr(unsafe.Pointer(first)), true
		for i := range from {
			p := &from[i]
			same = same && p.change == unchanged &&
				uintptr(unsafe.Pointer(p.c)) == start+uintptr(i)*unsafe.Sizeof(*first)
		}
		if same {
			return unsafe.Pointer(first)
		}
	}
	to := takeArray[cPoint](a, len(from))
	for i := range from {
		a.point(&to[i], &from[i])
	}
	return unsafe.Pointer(&to[0])
}

func (a *arena) batch(from *Batch) *cBatch {
	to := &takeArray[cBatch](a, 1)[0]
	if from.c != nil {
		*to = *from.c
	} else {
		*to = cBatch{}
		if d := from.data; d != nil {
			tags := a.tags(d.Tags)
			*to = cBatch{
				tags: address(tags), tagCount: uint32(len(tags)), byName: flag(d.ByName),
				tmax: nanoseconds(d.TMax), group: a.str(d.Group), name: a.str(d.Name),
			}
		}
	}
	to.points, to.pointCount = 0, uint64(len(from.points))
	if len(from.points) > 0 {
		to.points = uintptr(a.points(from.points))
	}
	return to
}
