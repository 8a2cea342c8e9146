// SPDX-License-Identifier: MIT

package udf

import (
	"strings"
	"time"
)

// Batch is one that came, lent until the call returns that it came with, or one made of it by With, or of BatchData.
type Batch struct {
	c      *cBatch
	data   *BatchData
	points []Point
}

// BatchData is all that a batch has. Its points have the name of the batch, and of their own the time, group, tags
// and fields. Without Tags, those of the dimensions, it is in no group.
type BatchData struct {
	Name, Group string
	ByName      bool // the group is also by Name
	Tags        []Tag
	TMax        time.Time // no point is newer
	Points      []Point
}

// Points of the batch; none in BeginBatch and EndBatch.
func (b Batch) Points() []Point { return b.points }

// With is the same batch with these points.
func (b Batch) With(points ...Point) Batch {
	b.points = points
	return b
}

// Batch is the batch that has all that.
func (d BatchData) Batch() Batch { return Batch{data: &d, points: d.Points} }

// Data is a copy of everything but the points, which are as they were: lent, where they came from the host.
func (b Batch) Data() BatchData {
	if b.c == nil {
		if b.data == nil {
			return BatchData{Points: b.points}
		}
		d := *b.data
		d.Tags, d.Points = append([]Tag(nil), d.Tags...), b.points
		return d
	}
	return BatchData{
		Name: strings.Clone(b.c.name.view()), Group: strings.Clone(b.c.group.view()), ByName: b.c.byName != 0,
		Tags: ownedTags(array[cTag](b.c.tags, uint64(b.c.tagCount))), TMax: b.TMax(), Points: b.points,
	}
}

// TMax is the time at which the batch ends; not known in BeginBatch.
func (b Batch) TMax() time.Time {
	if b.c != nil {
		return time.Unix(0, b.c.tmax).UTC()
	} else if b.data != nil {
		return b.data.TMax
	}
	return time.Time{}
}

// Name is that of the measurement.
func (b Batch) Name() string {
	if b.c != nil {
		return strings.Clone(b.c.name.view())
	} else if b.data != nil {
		return b.data.Name
	}
	return ""
}

// Group is the id of the batch's group: any bytes. See Groups.
func (b Batch) Group() string { return strings.Clone(b.group()) }

func (b *Batch) group() string {
	if b.c != nil {
		return b.c.group.view()
	} else if b.data != nil {
		return b.data.Group
	}
	return ""
}

// Point is one to emit in place of the batch, to a stream: of its name and group, with its tags, at TMax.
func (b Batch) Point(fields ...Field) Point {
	d := b.Data()
	p := Data{Time: d.TMax, Name: d.Name, Group: d.Group, ByName: d.ByName, Tags: d.Tags, Fields: fields}
	for _, t := range d.Tags {
		p.Dimensions = append(p.Dimensions, t.Key)
	}
	return p.Point()
}
