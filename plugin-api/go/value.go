// SPDX-License-Identifier: MIT

package udf

import (
	"math"
	"strings"
	"time"
)

// Type is that of a field or of an option's argument.
type Type uint32

// TypeDuration is for options only.
const (
	TypeBool     Type = 0
	TypeInt      Type = 1
	TypeFloat    Type = 2
	TypeString   Type = 3
	TypeDuration Type = 4
)

func (t Type) String() string {
	switch t {
	case TypeBool:
		return "bool"
	case TypeInt:
		return "int"
	case TypeFloat:
		return "float"
	case TypeString:
		return "string"
	case TypeDuration:
		return "duration"
	}
	return "unknown"
}

// Value is that of a field or of an option's argument. Its methods say with false that it is of another type.
type Value struct {
	kind Type
	bits uint64
	text string
}

// Type tells which of the methods below has it.
func (v Value) Type() Type { return v.kind }

// Float reads integers too: Kapacitor's queries and tasks do not always keep the two apart.
func (v Value) Float() (float64, bool) {
	switch v.kind {
	case TypeFloat:
		return math.Float64frombits(v.bits), true
	case TypeInt:
		return float64(int64(v.bits)), true
	}
	return 0, false
}

// Int does not read a float.
func (v Value) Int() (int64, bool) { return int64(v.bits), v.kind == TypeInt }

// Bool does not read numbers.
func (v Value) Bool() (bool, bool) { return v.bits != 0 && v.kind == TypeBool, v.kind == TypeBool }

// Text is the value of a string.
func (v Value) Text() (string, bool) { return v.text, v.kind == TypeString }

// Duration is for arguments only.
func (v Value) Duration() (time.Duration, bool) { return time.Duration(v.bits), v.kind == TypeDuration }

// Field of a point.
type Field struct {
	Name string
	Value
}

// Tag of a point or batch.
type Tag struct {
	Key, Value string
}

// Float is a field to emit.
func Float(name string, v float64) Field {
	return Field{name, Value{kind: TypeFloat, bits: math.Float64bits(v)}}
}

// Int is a field to emit.
func Int(name string, v int64) Field { return Field{name, Value{kind: TypeInt, bits: uint64(v)}} }

// Bool is a field to emit.
func Bool(name string, v bool) Field {
	var bits uint64
	if v {
		bits = 1
	}
	return Field{name, Value{kind: TypeBool, bits: bits}}
}

// String is a field to emit.
func String(name, v string) Field { return Field{name, Value{kind: TypeString, text: v}} }

func (v Value) owned() Value {
	v.text = strings.Clone(v.text)
	return v
}
