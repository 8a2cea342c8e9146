// SPDX-License-Identifier: MIT

package udf

import (
	"fmt"
	"strings"
	"time"
)

// Args are the options that a task gives, checked by the host against those that the algorithm has. They may be kept.
type Args struct {
	uses []use
}

type use struct {
	name   string
	values []Value
}

func copyArgs(args []cArg) Args {
	var all Args
	for i := range args {
		u := use{name: strings.Clone(args[i].name.view())}
		values := array[cValue](args[i].values, uint64(args[i].valueCount))
		for j := range values {
			u.values = append(u.values, values[j].view().owned())
		}
		all.uses = append(all.uses, u)
	}
	return all
}

// Has says whether the task uses the option.
func (a Args) Has(option string) bool { return a.last(option) != nil }

// All are the uses of an option that may be repeated, each with its arguments.
func (a Args) All(option string) [][]Value {
	var all [][]Value
	for _, u := range a.uses {
		if u.name == option {
			all = append(all, u.values)
		}
	}
	return all
}

func (a Args) last(option string) *use {
	for i := len(a.uses) - 1; i >= 0; i-- {
		if a.uses[i].name == option {
			return &a.uses[i]
		}
	}
	return nil
}

// read is the first argument of the last use. An option of another type is a mistake in the algorithm, and a panic.
func read[T any](a Args, option string, otherwise T, get func(Value) (T, bool)) T {
	u := a.last(option)
	if u == nil {
		return otherwise
	}
	if len(u.values) == 0 {
		panic(fmt.Sprintf("option %s has no argument: use Has", option))
	}
	v, ok := get(u.values[0])
	if !ok {
		panic(fmt.Sprintf("option %s is of type %v", option, u.values[0].Type()))
	}
	return v
}

// String is the argument of an option, or otherwise where the task does not use it.
func (a Args) String(option, otherwise string) string { return read(a, option, otherwise, Value.Text) }

// Int is the argument of an option, or otherwise where the task does not use it.
func (a Args) Int(option string, otherwise int64) int64 { return read(a, option, otherwise, Value.Int) }

// Float is the argument of an option, or otherwise where the task does not use it.
func (a Args) Float(option string, otherwise float64) float64 {
	return read(a, option, otherwise, Value.Float)
}

// Bool is the argument of an option, or otherwise where the task does not use it.
func (a Args) Bool(option string, otherwise bool) bool { return read(a, option, otherwise, Value.Bool) }

// Duration is the argument of an option, or otherwise where the task does not use it.
func (a Args) Duration(option string, otherwise time.Duration) time.Duration {
	return read(a, option, otherwise, Value.Duration)
}
