// SPDX-License-Identifier: MIT

package udf

import (
	"strings"
	"time"
)

// Point is one that came, lent until the call returns that it came with, or one made of it by With or Adding; or one
// of your own, by Data. It is small: pass it by value. The strings that its methods return are copies. A look-up by
// name (Float, Int, Bool, Has) copies nothing.
type Point struct {
	c      *cPoint // what came
	data   *Data   // or what it is made of
	fields []Field // in place of the fields, or beside them
	change uint8
}

const (
	unchanged uint8 = iota
	replaced
	added
)

// peek finds a field. A string in it may be lent.
func (p *Point) peek(name string) (Value, bool) {
	if p.change != unchanged {
		for i := range p.fields {
			if p.fields[i].Name == name {
				return p.fields[i].Value, true
			}
		}
		if p.change == replaced {
			return Value{}, false
		}
	}
	if p.c != nil {
		fields := p.c.allFields()
		for i := range fields {
			if fields[i].name.view() == name {
				return fields[i].value.view(), true
			}
		}
	} else if p.data != nil {
		for i := range p.data.Fields {
			if p.data.Fields[i].Name == name {
				return p.data.Fields[i].Value, true
			}
		}
	}
	return Value{}, false
}

// Float is the value of a field; false where there is none, or no number. Integers are read too.
func (p Point) Float(field string) (float64, bool) {
	v, _ := p.find(field)
	return v.Float()
}

// Int is the value of a field; false where there is none, or no integer.
func (p Point) Int(field string) (int64, bool) {
	v, _ := p.find(field)
	return v.Int()
}

// Bool is the value of a field; false where there is none, or no boolean.
func (p Point) Bool(field string) (value, ok bool) {
	v, _ := p.find(field)
	return v.Bool()
}

// Text is a copy of the value of a field; false where there is none, or no string.
func (p Point) Text(field string) (string, bool) {
	v, _ := p.find(field)
	text, ok := v.Text()
	return strings.Clone(text), ok
}

// Has says whether there is such a field, of any type.
func (p Point) Has(field string) bool {
	_, ok := p.peek(field)
	return ok
}

// noType is of what is not there.
const noType = ^Type(0)

func (p *Point) find(field string) (Value, bool) {
	v, ok := p.peek(field)
	if !ok {
		v.kind = noType
	}
	return v, ok
}

// Fields are copies of all of them, those added last.
func (p Point) Fields() []Field {
	if p.change == replaced {
		return append([]Field(nil), p.fields...)
	}
	var all []Field
	keep := func(name string, v Value) {
		for i := range p.fields {
			if p.fields[i].Name == name {
				return
			}
		}
		all = append(all, Field{strings.Clone(name), v.owned()})
	}
	if p.c != nil {
		fields := p.c.allFields()
		all = make([]Field, 0, len(fields)+len(p.fields))
		for i := range fields {
			keep(fields[i].name.view(), fields[i].value.view())
		}
	} else if p.data != nil {
		for _, f := range p.data.Fields {
			keep(f.Name, f.Value)
		}
	}
	return append(all, p.fields...)
}

// Tag is a copy of the value of a tag; false where the point does not have it.
func (p Point) Tag(key string) (string, bool) {
	if p.c != nil {
		tags := p.c.allTags()
		for i := range tags {
			if tags[i].key.view() == key {
				return strings.Clone(tags[i].value.view()), true
			}
		}
	} else if p.data != nil {
		for _, t := range p.data.Tags {
			if t.Key == key {
				return t.Value, true
			}
		}
	}
	return "", false
}

// Nanoseconds is the point's time since 1970.
func (p Point) Nanoseconds() int64 {
	if p.c != nil {
		return p.c.time
	} else if p.data != nil {
		return nanoseconds(p.data.Time)
	}
	return 0
}

// Time is the point's time.
func (p Point) Time() time.Time { return time.Unix(0, p.Nanoseconds()).UTC() }

// Name is that of the measurement.
func (p Point) Name() string {
	if p.c != nil {
		return strings.Clone(p.c.name.view())
	} else if p.data != nil {
		return p.data.Name
	}
	return ""
}

// Group is the id of the point's group: any bytes. See Groups.
func (p Point) Group() string { return strings.Clone(p.group()) }

func (p *Point) group() string {
	if p.c != nil {
		return p.c.group.view()
	} else if p.data != nil {
		return p.data.Group
	}
	return ""
}

// With is the same point with these fields only. Time, name, tags and group stay, and cost nothing.
func (p Point) With(fields ...Field) Point {
	p.fields, p.change = fields, replaced
	return p
}

// Adding is the same point with these fields as well, in place of those of the same name.
func (p Point) Adding(fields ...Field) Point {
	if p.change == unchanged {
		p.fields, p.change = fields, added
		return p
	}
	return p.With(append(p.with(fields), fields...)...)
}

// with are the fields of p that these leave.
func (p Point) with(fields []Field) []Field {
	q := p
	var kept []Field
	for _, f := range q.Fields() {
		other := true
		for i := range fields {
			other = other && fields[i].Name != f.Name
		}
		if other {
			kept = append(kept, f)
		}
	}
	return kept
}

// Data is all that a point has: change what you like and emit its Point. It is also how a point is kept beyond the
// call that it came with, and how one is made of nothing. Without Tags and Dimensions such a one is in no group.
type Data struct {
	Time                            time.Time
	Name, Database, RetentionPolicy string
	Group                           string   // the id of the group; equal ids, equal group
	Dimensions                      []string // the tags by which the stream is grouped
	ByName                          bool     // also by Name
	Tags                            []Tag
	Fields                          []Field

	origin uintptr // the host's note: it copies what has not changed
}

// Data is a copy of everything.
func (p Point) Data() Data {
	var d Data
	if c := p.c; c != nil {
		d = Data{
			Time: p.Time(), Name: p.Name(), Database: strings.Clone(c.database.view()),
			RetentionPolicy: strings.Clone(c.policy.view()), Group: p.Group(), ByName: c.byName != 0, origin: c.origin,
		}
		for _, dimension := range c.allDimensions() {
			d.Dimensions = append(d.Dimensions, strings.Clone(dimension.view()))
		}
		d.Tags = ownedTags(c.allTags())
	} else if p.data != nil {
		d = *p.data
		d.Dimensions = append([]string(nil), d.Dimensions...)
		d.Tags = append([]Tag(nil), d.Tags...)
	}
	d.Fields = p.Fields()
	return d
}

// Point is the point that has all that.
func (d Data) Point() Point { return Point{data: &d} }

// Keep is the same point, yours.
func (p Point) Keep() Point { return p.Data().Point() }

func ownedTags(tags []cTag) []Tag {
	var owned []Tag
	for i := range tags {
		owned = append(owned, Tag{strings.Clone(tags[i].key.view()), strings.Clone(tags[i].value.view())})
	}
	return owned
}

func nanoseconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}
