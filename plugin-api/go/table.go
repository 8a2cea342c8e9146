// SPDX-License-Identifier: MIT

package udf

// #cgo CFLAGS: -fvisibility=hidden
// #include <stdlib.h>
// #include "glue.h"
import "C"

import (
	"sync"
	"unsafe"
)

// The sizes of layout.go are those in C. The header holds the places of the members.
var (
	_ = [1]struct{}{}[unsafe.Sizeof(cPoint{})-C.sizeof_udf_point]
	_ = [1]struct{}{}[unsafe.Sizeof(cBatch{})-C.sizeof_udf_batch]
	_ = [1]struct{}{}[unsafe.Sizeof(cField{})-C.sizeof_udf_field]
	_ = [1]struct{}{}[unsafe.Sizeof(cTag{})-C.sizeof_udf_tag]
	_ = [1]struct{}{}[unsafe.Sizeof(cArg{})-C.sizeof_udf_arg]
)

var (
	table     *C.udf_plugin
	tableOnce sync.Once
)

// Called by udf_plugin_v1. All init functions have run: whoever calls Go from C waits for them.
//
//export udfgo_plugin
func udfgo_plugin() *C.udf_plugin {
	tableOnce.Do(func() { table = makeTable(registered) })
	return table
}

// makeTable makes it in C memory, where it stays.
func makeTable(all []algorithm) *C.udf_plugin {
	plugin := zeroed[C.udf_plugin](1)
	list := zeroed[*C.udf_algorithm](len(all))
	for i := range all {
		list[i] = makeAlgorithm(&all[i], i)
	}
	plugin[0].struct_size = C.sizeof_udf_plugin
	plugin[0].abi_minor = C.UDF_TARGET_MINOR
	if len(list) > 0 {
		plugin[0].algorithms = &list[0]
	}
	plugin[0].algorithm_count = C.uint32_t(len(list))
	return &plugin[0]
}

func makeAlgorithm(from *algorithm, index int) *C.udf_algorithm {
	to := &zeroed[C.udf_algorithm](1)[0]
	to.struct_size = C.sizeof_udf_algorithm
	to.state_version = C.uint32_t(from.StateVersion)
	to.name, to.help = C.CString(from.Name), text(from.Help)
	to.version = text(from.Version)
	if !from.points || from.parts {
		to.wants = C.UDF_BATCH
	}
	to.provides = C.uint32_t(from.Provides)
	options := zeroed[C.udf_option](len(from.Options))
	for i, o := range from.Options {
		options[i].name, options[i].help = C.CString(o.Name), text(o.Help)
		types := zeroed[C.uint8_t](len(o.Types))
		for j, t := range o.Types {
			types[j] = C.uint8_t(t)
		}
		if len(types) > 0 {
			options[i].types = &types[0]
		}
		options[i].type_count = C.uint32_t(len(types))
		if o.Required {
			options[i].flags |= C.UDF_OPTION_REQUIRED
		}
		if o.Repeatable {
			options[i].flags |= C.UDF_OPTION_REPEATABLE
		}
	}
	if len(options) > 0 {
		to.options = &options[0]
	}
	to.option_count = C.uint32_t(len(options))

	which := C.uint32_t(0)
	for _, f := range []struct {
		there bool
		flag  C.uint32_t
	}{
		{from.points, C.UDFGO_POINTS}, {from.batch, C.UDFGO_BATCH}, {from.parts, C.UDFGO_PARTS},
		{from.snapshots, C.UDFGO_SNAPSHOTS}, {from.stops, C.UDFGO_STOPS},
	} {
		if f.there {
			which |= f.flag
		}
	}
	C.udfgo_set_functions(to, C.uint32_t(index), which)
	return to
}

func text(s string) *C.char {
	if s == "" {
		return nil
	}
	return C.CString(s)
}

func zeroed[T any](count int) []T {
	if count == 0 {
		return nil
	}
	var one T
	return unsafe.Slice((*T)(C.calloc(C.size_t(count), C.size_t(unsafe.Sizeof(one)))), count)
}
