// SPDX-License-Identifier: MIT

package udf

import "unsafe"

// The frozen structs of udf_plugin.h as Go reads and writes them. Addresses are plain numbers here: all of them
// are of C memory, which is none of the garbage collector's business, and Go must not write pointers into
// C memory that is not zeroed. table.go holds the sizes against those in C.
type (
	cStr struct {
		data uintptr
		size uint64
	}
	cValue struct {
		bits uint64 // or the address of a string
		size uint32
		kind uint32
	}
	cTag   struct{ key, value cStr }
	cField struct {
		name  cStr
		value cValue
	}
	cPoint struct {
		time                                 int64
		fields, tags, dimensions             uintptr
		fieldCount, tagCount, dimensionCount uint32
		byName                               uint32
		group, name, database, policy        cStr
		origin                               uintptr
		reserved                             uint64
	}
	cBatch struct {
		points           uintptr
		pointCount       uint64
		tags             uintptr
		tagCount, byName uint32
		tmax             int64
		group, name      cStr
		reserved         [2]uint64
	}
	cArg struct {
		name       cStr
		values     uintptr
		valueCount uint32
		reserved   uint32
	}
)

// at is the place in C memory at this address.
func at(address uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&address)) }

func array[T any](address uintptr, count uint64) []T {
	if count == 0 {
		return nil
	}
	return unsafe.Slice((*T)(at(address)), count)
}

// view is the string where it lies: valid until the call returns that it came with.
func (s *cStr) view() string {
	if s.size == 0 {
		return ""
	}
	return *(*string)(unsafe.Pointer(s)) // an address and a size, as in C
}

func (v *cValue) view() Value {
	out := Value{kind: Type(v.kind), bits: v.bits}
	if out.kind == TypeString {
		text := cStr{uintptr(v.bits), uint64(v.size)}
		out.bits, out.text = 0, text.view()
	}
	return out
}

func (p *cPoint) allFields() []cField   { return array[cField](p.fields, uint64(p.fieldCount)) }
func (p *cPoint) allTags() []cTag       { return array[cTag](p.tags, uint64(p.tagCount)) }
func (p *cPoint) allDimensions() []cStr { return array[cStr](p.dimensions, uint64(p.dimensionCount)) }
