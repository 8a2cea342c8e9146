// SPDX-License-Identifier: MIT

package interop

import (
	"math/rand"
	"strings"
	"testing"
	"time"

	"github.com/influxdata/kapacitor/edge"
)

// --drain-timeout, by default.
const drainTime = time.Second

func TestAFunctionWithNothingLeftEndsAtOnce(t *testing.T) {
	everyWay(t, func(t *testing.T, open opener) {
		quickest := patience
		for i := 0; i < 5; i++ { // the machine may be busy in some of them
			f := open(patience)
			f.init()
			began := time.Now()
			f.stop()
			f.goneWithin(patience)
			if took := time.Since(began); took < quickest {
				quickest = took
			}
			if f.exit != nil {
				t.Errorf("the process ended: %v", f.exit)
			}
		}
		if quickest > drainTime/4 {
			t.Errorf("the quickest of them took %v", quickest)
		}
	}, "mirror")
}

// Kapacitor stops reading when it aborts, but keeps open what it has read from.
func TestAnAbortEndsTheHostThoughItsOutputIsBlocked(t *testing.T) {
	everyWay(t, func(t *testing.T, open opener) {
		f := open(patience)
		f.init()
		field := strings.Repeat("x", 1000)
		for i := 0; i < 4000; i++ { // more than pipes hold, less than the host reads on
			f.send(value(i, field))
		}
		f.within(patience, "Abort", func() { f.Abort(errAborted) })
		f.goneWithin(2 * drainTime)
	}, "mirror")
}

// What happens at `kapacitor disable` while points flow: Kapacitor stops reading first, and waits
// for its own last write to be read.
func TestStoppingUnderLoadNeverHangs(t *testing.T) {
	t.Parallel()
	everyWay(t, func(t *testing.T, open opener) {
		t.Parallel()
		chance := rand.New(rand.NewSource(1))
		var longest time.Duration
		for i := 0; i < 50; i++ {
			f := open(patience)
			f.init()
			go func() {
				for n := 0; f.send(sample(n % 1000)); n++ {
				}
			}()
			for n := chance.Intn(3000); n > 0; n-- {
				<-f.Out()
			}
			go f.drop() // downstream goes on, as Kapacitor's edges do
			began := time.Now()
			f.within(patience, "Abort", func() { f.Abort(errAborted) })
			f.goneWithin(patience)
			if took := time.Since(began); took > longest {
				longest = took
			}
		}
		t.Logf("the longest stop took %v", longest)
		if longest > 3*drainTime {
			t.Errorf("the longest stop took %v", longest)
		}
	}, "mirror")
}

func TestAHandlerThatHangsInStopIsNotWaitedFor(t *testing.T) {
	everyWay(t, func(t *testing.T, open opener) {
		f := open(patience)
		f.init()
		go f.send(value(1, 1.5))
		expectEqual(t, f.receive(1), []edge.Message{value(1, 1.5)})
		f.within(3*drainTime, "Stop", func() { _ = f.Stop() })
		f.goneWithin(3 * drainTime)
	}, "lifecycle", "--algorithm", "hangs_in_stop")
}
