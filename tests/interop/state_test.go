// SPDX-License-Identifier: MIT

package interop

import (
	"strings"
	"testing"

	"github.com/influxdata/kapacitor/edge"
	"github.com/influxdata/kapacitor/udf/agent"
)

func (f *function) snapshot() []byte {
	f.t.Helper()
	var state []byte
	f.within(patience, "Snapshot", func() {
		var err error
		if state, err = f.Snapshot(); err != nil {
			f.t.Errorf("Snapshot: %v", err)
		}
	})
	return state
}

func (f *function) restore(state []byte) error {
	f.t.Helper()
	var err error
	f.within(patience, "Restore", func() { err = f.Restore(state) })
	return err
}

func movingAverage() []*agent.Option {
	return []*agent.Option{option("field", "value"), option("size", int64(3))}
}

// mean sends a value and returns the mean that comes of it.
func (f *function) mean(value edge.Message) interface{} {
	f.t.Helper()
	go f.send(value)
	return f.receive(1)[0].(edge.PointMessage).Fields()["avg"]
}

func TestStateCarriesOnInANewConnection(t *testing.T) {
	everyWay(t, func(t *testing.T, open opener) {
		first := open(patience)
		first.init(movingAverage()...)
		first.mean(value(1, 10.0))
		first.mean(value(2, 20.0))
		state := first.snapshot()
		if mean := first.mean(value(3, 90.0)); mean != 40.0 { // and a snapshot changes nothing
			t.Errorf("the mean is %v", mean)
		}
		first.stop()
		first.goneWithin(patience)

		second := open(patience)
		second.init(movingAverage()...)
		if err := second.restore(state); err != nil {
			t.Fatal(err)
		}
		if mean := second.mean(value(3, 60.0)); mean != 30.0 {
			t.Errorf("the mean is %v", mean)
		}
		second.stop()
	}, "moving_avg")
}

func TestASnapshotThatIsNoneIsRefusedWithTheReasonAndTheHostEnds(t *testing.T) {
	t.Parallel()
	everyWay(t, func(t *testing.T, open opener) {
		t.Parallel()
		f := open(0)
		f.init(movingAverage()...)
		err := f.restore([]byte("not what was given out"))
		if err == nil || !strings.Contains(err.Error(), "moving_avg: ") {
			t.Fatalf("Restore: %v", err)
		}
		f.goneWithin(3 * drainTime)
	}, "moving_avg")
}

func TestAnAlgorithmWithoutStateHasAnEmptySnapshot(t *testing.T) {
	everyWay(t, func(t *testing.T, open opener) {
		f := open(patience)
		f.init()
		if state := f.snapshot(); len(state) != 0 {
			t.Errorf("%d bytes", len(state))
		}
		f.stop()
	}, "mirror")
}

func TestASnapshotInTheMiddleOfABatchIsAnswered(t *testing.T) {
	everyWay(t, func(t *testing.T, open opener) {
		f := open(patience)
		f.init()
		b := batch(8).(edge.BufferedBatchMessage)
		f.send(b.Begin())
		f.send(b.Points()[0])
		f.snapshot()
		for _, p := range b.Points()[1:] {
			f.send(p)
		}
		go f.send(b.End())
		expectEqual(t, f.receive(1), []edge.Message{b})
		f.stop()
	}, "mirror_batch")
}
