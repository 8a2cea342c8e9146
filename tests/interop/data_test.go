// SPDX-License-Identifier: MIT

package interop

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/influxdata/kapacitor/edge"
	"github.com/influxdata/kapacitor/models"
)

// sample is a point like no other: over many, every type and number of fields, tags and dimensions, and
// the values at the edges of each.
func sample(i int) edge.Message {
	doubles := []float64{0, 1.5, -2.25e-300, math.MaxFloat64, math.SmallestNonzeroFloat64, float64(i)}
	integers := []int64{0, 1, -1, math.MaxInt64, math.MinInt64, int64(i) << 20}
	texts := []string{"", "ünïcödé 漢字", "a=b,c d", strings.Repeat("long ", 200), fmt.Sprint("text ", i)}
	times := []int64{0, 1, -1, 1600000000000000000 + int64(i), math.MaxInt64, math.MinInt64}

	fields := models.Fields{}
	for n := 0; n <= i%3; n++ {
		switch (i/3 + n) % 4 {
		case 0:
			fields[fmt.Sprint("double", n)] = doubles[i%len(doubles)]
		case 1:
			fields[fmt.Sprint("integer", n)] = integers[i%len(integers)]
		case 2:
			fields[fmt.Sprint("text", n)] = texts[i%len(texts)]
		case 3:
			fields[fmt.Sprint("flag", n)] = i%2 == 0
		}
	}
	tags := models.Tags{}
	var dimensions models.Dimensions
	for n := 0; n < i%5; n++ {
		key := fmt.Sprint("tag ", n)
		tags[key] = texts[(i+n)%len(texts)]
		if n < 2 {
			dimensions.TagNames = append(dimensions.TagNames, key)
		}
	}
	dimensions.ByName = i%7 == 0
	return edge.NewPointMessage(fmt.Sprint("name ", i%11), fmt.Sprint("db", i%2), []string{"", "autogen"}[i%2],
		dimensions, fields, tags, time.Unix(0, times[i%len(times)]).UTC())
}

// value is a point with one field, of the time i in ns.
func value(i int, field interface{}) edge.Message {
	return edge.NewPointMessage("cpu", "telegraf", "autogen", models.Dimensions{}, models.Fields{"value": field}, nil,
		time.Unix(0, int64(i)).UTC())
}

// batch has one point, or up to nine, and each tenth has none.
func batch(i int) edge.Message {
	var points []edge.BatchPointMessage
	tmax := time.Unix(int64(i), 5).UTC()
	for n := 0; n <= i%10 && i%10 != 9; n++ {
		p := sample(10*i + n).(edge.PointMessage)
		if p.Time().After(tmax) {
			tmax = p.Time()
		}
		points = append(points, edge.NewBatchPointMessage(p.Fields(), p.Tags(), p.Time()))
	}
	begin := edge.NewBeginBatchMessage(fmt.Sprint("name ", i), models.Tags{"host": fmt.Sprint(i % 3)}, i%2 == 0, tmax,
		len(points))
	return edge.NewBufferedBatchMessage(begin, points, edge.NewEndBatchMessage())
}

// parts is all that a message says, with nothing for what is empty.
func parts(message interface{}) []interface{} {
	tags := func(t models.Tags) interface{} {
		if len(t) == 0 {
			return nil
		}
		return t
	}
	switch m := message.(type) {
	case edge.PointMessage:
		dimensions := m.Dimensions()
		return []interface{}{m.Name(), m.Database(), m.RetentionPolicy(), dimensions.ByName,
			append([]string{}, dimensions.TagNames...), m.GroupID(), m.Fields(), tags(m.Tags()), m.Time()}
	case edge.BatchPointMessage:
		return []interface{}{m.Fields(), tags(m.Tags()), m.Time()}
	case edge.BufferedBatchMessage:
		all := []interface{}{m.Name(), m.Dimensions().ByName, m.GroupID(), tags(m.Tags()), m.Time(), m.Begin().SizeHint()}
		for _, p := range m.Points() {
			all = append(all, parts(p))
		}
		return all
	}
	return []interface{}{message}
}

func expectEqual(t *testing.T, got, want []edge.Message) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d came back of %d", len(got), len(want))
	}
	for i := range want {
		if !reflect.DeepEqual(parts(got[i]), parts(want[i])) {
			t.Fatalf("number %d came back as\n%v\nand was\n%v", i, parts(got[i]), parts(want[i]))
		}
	}
}

func many(count int, make func(int) edge.Message) []edge.Message {
	messages := []edge.Message{}
	for i := 0; i < count; i++ {
		messages = append(messages, make(i))
	}
	return messages
}

func TestPointsOfEveryKindComeBackAsTheyWere(t *testing.T) {
	everyWay(t, func(t *testing.T, open opener) {
		f := open(patience)
		f.init()
		points := many(10000, sample)
		expectEqual(t, f.exchange(points), points)
	}, "mirror")
}

func TestBatchesComeBackAsTheyWere(t *testing.T) {
	everyWay(t, func(t *testing.T, open opener) {
		f := open(patience)
		f.init()
		batches := many(500, batch)
		expectEqual(t, f.exchange(batches), batches)
	}, "mirror_batch")
}

func TestBatchesThatComeInPiecesComeBackWhole(t *testing.T) {
	everyWay(t, func(t *testing.T, open opener) {
		f := open(patience)
		f.init()
		batches := many(20, batch)
		go func() {
			for _, m := range batches {
				b := m.(edge.BufferedBatchMessage)
				f.send(b.Begin())
				for _, p := range b.Points() {
					f.send(p)
				}
				f.send(b.End())
			}
		}()
		expectEqual(t, f.receive(len(batches)), batches)
		f.stop()
	}, "mirror_batch")
}

func TestOutliersOfABatchAreFound(t *testing.T) {
	everyWay(t, func(t *testing.T, open opener) {
		f := open(patience)
		f.init(option("field", "value"))
		var points, outliers []edge.BatchPointMessage
		for i := 0; i < 40; i++ {
			far := i == 7 || i == 30
			reading := float64(i % 10)
			if far {
				reading = 1000 - 20*float64(i)
			}
			p := edge.NewBatchPointMessage(models.Fields{"value": reading, "number": int64(i)}, nil, time.Unix(int64(i), 0).UTC())
			points = append(points, p)
			if far {
				outliers = append(outliers, p)
			}
		}
		with := func(points []edge.BatchPointMessage) edge.Message {
			begin := edge.NewBeginBatchMessage("cpu", models.Tags{"host": "a"}, false, time.Unix(40, 0).UTC(), len(points))
			return edge.NewBufferedBatchMessage(begin, points, edge.NewEndBatchMessage())
		}
		expectEqual(t, f.exchange([]edge.Message{with(points)}), []edge.Message{with(outliers)})
	}, "outliers")
}

func TestWhatAPluginPrintsDoesNoHarm(t *testing.T) {
	everyWay(t, func(t *testing.T, open opener) {
		f := open(patience)
		f.init()
		points := many(1000, sample)
		expectEqual(t, f.exchange(points), points)
	}, "process", "--algorithm", "prints")
}
