// SPDX-License-Identifier: MIT

package interop

import (
	"strings"
	"testing"
	"time"

	"github.com/influxdata/kapacitor/edge"
	"github.com/influxdata/kapacitor/models"
)

const cause = `the sensor "ünïcödé 漢字" is unknown`

func failing() edge.Message {
	return edge.NewPointMessage("cpu", "", "", models.Dimensions{}, models.Fields{"fail": cause}, nil, time.Unix(1, 0))
}

func TestTheCauseOfAFailureBecomesTheErrorOfTheTask(t *testing.T) {
	overBoth(t, func(t *testing.T, open opener) {
		f := open(patience)
		f.init()
		go func() {
			f.send(value(1, int64(1)))
			f.send(failing())
		}()
		expectEqual(t, f.receive(1), []edge.Message{value(1, int64(1))})
		got := f.failure()
		for _, want := range []string{cause, "fails", "task", "node"} {
			if !strings.Contains(got, want) {
				t.Errorf("the error does not say %q: %s", want, got)
			}
		}
		f.goneWithin(2 * drainTime)

		next := open(patience) // one that failed does no harm to others
		next.init()
		next.stop()
	}, "fails")
}

// A host that hangs up while points are under way to it makes a "broken pipe" of every cause.
func TestTheCauseOfAFailureArrivesUnderLoadToo(t *testing.T) {
	overBoth(t, func(t *testing.T, open opener) {
		for i := 0; i < 10; i++ {
			f := open(patience)
			f.init()
			go func() {
				for n := 0; f.send(value(n, int64(n))); n++ {
					if n == 5000 {
						f.send(failing())
					}
				}
			}()
			go func() {
				for range f.Out() {
				}
			}()
			if got := f.failure(); !strings.Contains(got, cause) {
				t.Errorf("the error is %q", got)
			}
			f.goneWithin(2 * drainTime)
		}
	}, "fails")
}

func TestAHandlerThatHangsFailsTheTaskWithTheReason(t *testing.T) {
	overBoth(t, func(t *testing.T, open opener) {
		f := open(patience)
		f.init()
		go func() {
			for n := 0; f.send(value(n, int64(n))); n++ {
			}
		}()
		got := f.failure()
		for _, want := range []string{"hang_in_points", "hangs", "points", "task", "node"} {
			if !strings.Contains(got, want) {
				t.Errorf("the error does not say %q: %s", want, got)
			}
		}
		f.goneWithin(2 * drainTime)

		next := open(patience)
		next.init()
		next.stop()
	}, "hang_in_points", "--handler-timeout", "1")
}
