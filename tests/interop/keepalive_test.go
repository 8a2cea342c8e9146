// SPDX-License-Identifier: MIT

package interop

import (
	"testing"
	"time"
)

// Kapacitor aborts a task when it has heard nothing for the timeout, and its requests wait behind the
// points of a handler that is busy.
func TestABusyHandlerIsNotTakenForADeadOne(t *testing.T) {
	t.Parallel()
	const timeout, busy = time.Second, 10 * time.Second
	everyWay(t, func(t *testing.T, open opener) {
		t.Parallel()
		f := open(timeout)
		f.init(option("seconds", busy.Seconds()))
		points := many(100, sample)
		began := time.Now()
		expectEqual(t, f.exchange(points), points)
		if took := time.Since(began); took < busy {
			t.Errorf("it was not busy, but took %v", took)
		}
	}, "slow")
}
