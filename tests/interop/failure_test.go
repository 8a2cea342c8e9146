// SPDX-License-Identifier: MIT

package interop

import (
	"strings"
	"testing"

	"github.com/influxdata/kapacitor/edge"
)

// ---- Direct: the task fails, and says why ----

// What the algorithm `throws` fails with at the point of time 2.
const cause = "no such bucket"

func TestTheCauseOfAFailureBecomesTheErrorOfTheTask(t *testing.T) {
	direct(t, func(t *testing.T, open opener) {
		f := open(patience)
		f.init()
		go func() {
			f.send(value(1, 1.5))
			f.send(value(2, 1.5))
		}()
		expectEqual(t, f.receive(2), []edge.Message{value(1, 1.5), value(2, 1.5)})
		got := f.failure()
		for _, want := range []string{cause, "throws", "lifecycle.so", "task", "node"} {
			if !strings.Contains(got, want) {
				t.Errorf("the error does not say %q: %s", want, got)
			}
		}
		f.goneWithin(2 * drainTime)

		next := open(patience) // one that failed does no harm to others
		next.init()
		next.stop()
	}, "lifecycle", "--algorithm", "throws")
}

// A host that hangs up while points are under way to it makes a "broken pipe" of every cause.
func TestTheCauseOfAFailureArrivesUnderLoadToo(t *testing.T) {
	t.Parallel()
	direct(t, func(t *testing.T, open opener) {
		t.Parallel()
		for i := 0; i < 10; i++ {
			f := open(patience)
			f.init()
			go func() {
				for n := 3; f.send(value(n, int64(n))); n++ {
					if n == 5000 {
						f.send(value(2, int64(0)))
					}
				}
			}()
			go f.drop()
			if got := f.failure(); !strings.Contains(got, cause) {
				t.Errorf("the error is %q", got)
			}
			f.goneWithin(2 * drainTime)
		}
	}, "lifecycle", "--algorithm", "throws")
}

func TestAHandlerThatHangsFailsTheTaskWithTheReason(t *testing.T) {
	direct(t, func(t *testing.T, open opener) {
		f := open(patience)
		f.init()
		go func() {
			for n := 0; f.send(value(n, int64(n))); n++ {
			}
		}()
		go f.drop()
		got := f.failure()
		for _, want := range []string{"hangs_in_points", "the handler hangs", "points", "task", "node"} {
			if !strings.Contains(got, want) {
				t.Errorf("the error does not say %q: %s", want, got)
			}
		}
		f.goneWithin(2 * drainTime)

		next := open(patience)
		next.init()
		next.stop()
	}, "lifecycle", "--algorithm", "hangs_in_points", "--handler-timeout", "1")
}

// ---- Supervised: the task lives ----

func TestAPointThatTheAlgorithmDiesOfIsLeftOutAndTheTaskLives(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"throws", "hangs_in_points"} { // at the point of time 2
		t.Run(algorithm, func(t *testing.T) {
			supervised(t, func(t *testing.T, open opener) {
				t.Parallel()
				f := open(patience)
				f.init()
				go func() {
					for i := 1; i <= 10; i++ {
						f.send(value(i, float64(i)))
					}
				}()
				var rest []edge.Message
				for len(rest) < 9 {
					m := f.receive(1)[0]
					// Once at most: it may come out before the algorithm dies of it.
					if m.(edge.PointMessage).Time().UnixNano() != 2 || len(rest) != 1 {
						rest = append(rest, m)
					}
				}
				for n, i := range []int{1, 3, 4, 5, 6, 7, 8, 9, 10} {
					expectEqual(t, rest[n:n+1], []edge.Message{value(i, float64(i))})
				}
				f.stop()
				f.goneWithin(patience)
			}, "lifecycle", "--algorithm", algorithm, "--handler-timeout", "1")
		})
	}
}
