// SPDX-License-Identifier: MIT

package interop

import (
	"math"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/influxdata/kapacitor/edge"
	"github.com/influxdata/kapacitor/models"
)

// fit tells what of a message Kapacitor or what follows it cannot bear.
func fit(t *testing.T, name string, fields models.Fields, tags models.Tags) {
	t.Helper()
	if name == "" {
		t.Error("a name is empty")
	}
	if len(fields) == 0 {
		t.Error("a point has no fields")
	}
	texts := []string{name}
	for key, v := range fields {
		texts = append(texts, key)
		switch v := v.(type) {
		case float64:
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Errorf("the field %q is %v", key, v)
			}
		case string:
			texts = append(texts, v)
		}
	}
	for key, v := range tags {
		texts = append(texts, key, v)
	}
	for _, text := range texts {
		if !utf8.ValidString(text) {
			t.Errorf("%q is not UTF-8", text)
		}
	}
}

// Each emits, beside what came, something that Kapacitor does not bear. Some of it fails the task,
// which is all that may happen: Kapacitor's server panics at more than that.
func TestNothingThatIsEmittedHarmsKapacitor(t *testing.T) {
	for _, algorithm := range []string{"not_finite", "empty_names", "bad_text", "twice_the_name", "changes_types",
		"huge_count", "huge_point", "batch_from_stream", "from_nothing"} {
		t.Run(algorithm, func(t *testing.T) {
			everyWay(t, func(t *testing.T, open opener) {
				f := open(patience)
				f.init()
				go func() {
					for i := 1; i <= 20; i++ {
						f.send(value(i, float64(i)))
					}
					f.stopAnyhow()
				}()
				for _, m := range f.rest() {
					p, ok := m.(edge.PointMessage)
					if !ok {
						t.Fatalf("a %v came out of a stream", m.Type())
					}
					fit(t, p.Name(), p.Fields(), p.Tags())
				}
				f.goneWithin(patience)
			}, "output", "--algorithm", algorithm)
		})
	}
}

func TestNoBatchThatIsEmittedHarmsKapacitor(t *testing.T) {
	everyWay(t, func(t *testing.T, open opener) {
		f := open(patience)
		f.init()
		go func() {
			for i := 0; i < 20; i++ {
				f.send(batch(i))
			}
			f.stopAnyhow()
		}()
		batches := f.rest()
		if len(batches) != 4*20 {
			t.Errorf("%d batches came out", len(batches))
		}
		for _, m := range batches {
			b, ok := m.(edge.BufferedBatchMessage)
			if !ok {
				t.Fatalf("a %v came out of batches", m.Type())
			}
			for _, p := range b.Points() {
				fit(t, b.Name(), p.Fields(), p.Tags())
				if b.Time().Before(p.Time()) {
					t.Errorf("tmax %v is before the point of %v", b.Time(), p.Time())
				}
			}
		}
		f.goneWithin(patience)
	}, "output", "--algorithm", "odd_batches")
}

// The child, which lasts ten seconds, has what the plugin inherited.
func TestAChildThatKeepsItsDescriptorsHoldsNobodyUp(t *testing.T) {
	everyWay(t, func(t *testing.T, open opener) {
		f := open(patience)
		f.init()
		points := many(10, sample)
		began := time.Now()
		expectEqual(t, f.exchange(points), points)
		f.goneWithin(patience)
		if took := time.Since(began); took > 3*drainTime {
			t.Errorf("the end took %v", took)
		}
	}, "process", "--algorithm", "forks")
}
