// SPDX-License-Identifier: MIT

package udf_test

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"udf-host/udf"
	"udf-host/udf/internal/fakehost"
)

// Does with each run what the test says.
type streamer struct {
	host *udf.Host
	args udf.Args
	run  func(*streamer, []udf.Point) error
	kept []udf.Point
}

func (s *streamer) Points(points []udf.Point) error { return s.run(s, points) }

type counter struct {
	host   *udf.Host
	groups udf.Groups[count]
	closed chan struct{}
}
type count struct{ N int }

func (c *counter) Points(points []udf.Point) error {
	for _, p := range points {
		c.groups.Of(p).N++
	}
	return nil
}

func (c *counter) Snapshot() ([]byte, error) {
	var out bytes.Buffer
	err := gob.NewEncoder(&out).Encode(c.groups)
	return out.Bytes(), err
}

func (c *counter) Restore(version uint32, state []byte) error {
	if version != 7 {
		return fmt.Errorf("version %d", version)
	}
	return gob.NewDecoder(bytes.NewReader(state)).Decode(&c.groups)
}

func (c *counter) Stop() error {
	for _, id := range c.groups.Sorted() {
		n := int64(c.groups[id].N)
		if err := c.host.Emit(udf.Data{Name: "count", Group: id, Fields: []udf.Field{udf.Int("n", n)}}.Point()); err != nil {
			return err
		}
	}
	return nil
}

func (c *counter) Close() { close(c.closed) }

type batcher struct{ host *udf.Host }

func (b *batcher) Batch(batch udf.Batch) error {
	points := batch.Points()
	return b.host.EmitBatch(batch.With(points[len(points)-1].With(udf.Bool("last", true)), points[0]))
}

type parts struct {
	host *udf.Host
	sum  float64
}

func (p *parts) BeginBatch(udf.Batch) error { p.sum = 0; return nil }
func (p *parts) Points(points []udf.Point) error {
	for _, q := range points {
		v, _ := q.Float("v")
		p.sum += v
	}
	return nil
}
func (p *parts) EndBatch(batch udf.Batch) error {
	return p.host.Emit(batch.Point(udf.Float("sum", p.sum)))
}

var (
	run         func(*streamer, []udf.Point) error
	lastCounter *counter
)

func newStreamer(host *udf.Host, args udf.Args) (*streamer, error) {
	return &streamer{host: host, args: args, run: run}, nil
}

func init() {
	field := udf.Option{Name: "field", Types: []udf.Type{udf.TypeString}, Required: true}
	udf.RegisterStream(newStreamer, udf.Info{Name: "stream", Version: "1.2", Options: []udf.Option{field}})
	udf.RegisterStream(func(host *udf.Host, _ udf.Args) (*counter, error) {
		lastCounter = &counter{host, udf.Groups[count]{}, make(chan struct{})}
		return lastCounter, nil
	}, udf.Info{Name: "counter", StateVersion: 7, Options: []udf.Option{
		{Name: "a", Types: []udf.Type{udf.TypeInt, udf.TypeDuration}, Repeatable: true}, {Name: "b"}}})
	udf.RegisterBatch(func(host *udf.Host, _ udf.Args) (*batcher, error) { return &batcher{host}, nil },
		udf.Info{Name: "batch", Provides: udf.Batches})
	udf.RegisterBatchParts(func(host *udf.Host, _ udf.Args) (*parts, error) { return &parts{host: host}, nil },
		udf.Info{Name: "parts"})
	udf.RegisterStream(func(*udf.Host, udf.Args) (*streamer, error) { return nil, errors.New("no model file") },
		udf.Info{Name: "refuses"})
}

func find(name string) fakehost.Algorithm { return fakehost.Find(udf.Table(), name) }

// What the host is told of `count` points, of a handler that does that with them.
func said(t *testing.T, count, status int, do func(*streamer, []udf.Point) error) string {
	t.Helper()
	run = do
	h := find("stream").New(fakehost.OK)
	defer h.Destroy()
	if got := h.Points(1000, count); got != status {
		t.Errorf("points returned %d, not %d", got, status)
	}
	return h.Said()
}

func expect(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got\n%swanted\n%s", got, want)
	}
}

func TestTheTableHasWhatTheHandlersHave(t *testing.T) {
	expect(t, find("stream").Describe(), "stream 1.2 0->0 v0: field[3]/1 points")
	expect(t, find("counter").Describe(), "counter  0->0 v7: a[1 4]/2 b[]/0 points snapshot restore stop")
	expect(t, find("batch").Describe(), "batch  1->1 v0: batch")
	expect(t, find("parts").Describe(), "parts  1->0 v0: points begin end")
}

func TestAChangedPointKeepsAllElse(t *testing.T) {
	expect(t, said(t, 2, fakehost.OK, func(s *streamer, points []udf.Point) error {
		v, _ := points[1].Float("v")
		return s.host.Emit(points[1].With(udf.Float("half", v/2), udf.String("s", "é")), points[0].With())
	}), "m,host=h1 half=0.5,s='é' 1001 [host=h1 by host by name noted]\nm,host=h0 1000 [host=h0 by host by name noted]\n")
}

func TestAddedFieldsReplaceThoseOfTheirName(t *testing.T) {
	expect(t, said(t, 1, fakehost.OK, func(s *streamer, points []udf.Point) error {
		p := points[0].Adding(udf.Bool("b", true), udf.Int("v", 5), udf.Int("b", 1))
		if v, ok := p.Int("v"); !ok || v != 5 {
			t.Errorf("v is %d, %v", v, ok)
		}
		return s.host.Emit(p, p.Adding(udf.Int("n", 9)), p.Keep().Adding(udf.Int("n", 8)))
	}), "m,host=h0 v=5i,text='t',n=0i,b=1i 1000 [host=h0 by host by name noted]\n"+
		"m,host=h0 text='t',b=true,v=5i,b=1i,n=9i 1000 [host=h0 by host by name noted]\n"+
		"m,host=h0 text='t',n=8i,b=true,v=5i,b=1i 1000 [host=h0 by host by name noted]\n")
}

func TestARunAsItCameIsNotCopied(t *testing.T) {
	out := said(t, 3, fakehost.OK, func(s *streamer, points []udf.Point) error { return s.host.Emit(points[1:]...) })
	if !strings.HasPrefix(out, "as it came: 2\nm,host=h1 v=1,") {
		t.Error(out)
	}
}

func TestAPointThatIsKeptOutlivesItsCall(t *testing.T) {
	run = func(s *streamer, points []udf.Point) error {
		err := s.host.Emit(s.kept...)
		s.kept = append(s.kept, points[0].With(udf.String("text", "x")).Keep(), points[1].Keep())
		return err
	}
	h := find("stream").New(fakehost.OK)
	defer h.Destroy()
	h.Points(1, 2)
	expect(t, h.Said(), "")
	h.Points(3, 2)
	expect(t, h.Said(), "m,host=h0 text='x' 1 [host=h0 by host by name noted]\n"+
		"m,host=h1 v=1,text='t',n=1i 2 [host=h1 by host by name noted]\n")
}

func TestPointsOfTheRunsBeforeAreNoBurden(t *testing.T) {
	large := strings.Repeat("x", 3<<20)
	for _, count := range []int{1, 10000, 1} {
		out := said(t, count, fakehost.OK, func(s *streamer, points []udf.Point) error {
			var all []udf.Point
			for i, p := range points {
				all = append(all, p.With(udf.Int("i", int64(i)), udf.String("s", fmt.Sprint(i))))
			}
			if err := s.host.Emit(all[0].With(udf.String("large", large))); err != nil {
				return err
			}
			return s.host.Emit(all...)
		})
		if !strings.HasSuffix(out, fmt.Sprintf("i=%di,s='%d' %d [host=h%d by host by name noted]\n",
			count-1, count-1, 999+count, (count-1)%2)) || strings.Count(out, "\n") != count+1 {
			t.Errorf("of %d points: %d bytes", count, len(out))
		}
	}
}

func TestWhatIsReadIsACopy(t *testing.T) {
	var d udf.Data
	said(t, 1, fakehost.OK, func(s *streamer, points []udf.Point) error {
		d = points[0].Data()
		p := points[0]
		text, ok := p.Text("text")
		_, noNumber := p.Float("text")
		_, missing := p.Float("none")
		tag, _ := p.Tag("host")
		if text != "t" || !ok || noNumber || missing || tag != "h0" || !p.Has("n") || p.Has("none") {
			t.Error(text, ok, noNumber, missing, tag)
		}
		if n, ok := p.Float("n"); n != 0 || !ok {
			t.Error("an integer does not read as a float")
		}
		return nil
	})
	if d.Name != "m" || d.Group != "host=h0" || len(d.Fields) != 3 || d.Fields[1].Name != "text" || d.Tags[0].Value != "h0" ||
		!d.Time.Equal(time.Unix(0, 1000)) || !d.ByName || d.Dimensions[0] != "host" {
		t.Errorf("%+v", d)
	}
}

func TestOptionsAreRead(t *testing.T) {
	said(t, 1, fakehost.OK, func(s *streamer, _ []udf.Point) error {
		if s.args.String("field", "") != "v" || s.args.Int("size", 3) != 3 || s.args.Has("size") || len(s.args.All("field")) != 1 {
			t.Errorf("%+v", s.args)
		}
		return nil
	})
	expect(t, said(t, 1, fakehost.Error, func(s *streamer, _ []udf.Point) error { s.args.Int("field", 0); return nil }),
		"failed: panic: option field is of type string (udf-host/udf.read[...], args.go:68)\n")
}

func TestAPanicIsTheErrorOfTheTask(t *testing.T) {
	out := said(t, 1, fakehost.Error, func(*streamer, []udf.Point) error {
		var none *streamer
		none.kept = nil
		return nil
	})
	if !strings.HasPrefix(out, "failed: panic: runtime error: invalid memory address or nil pointer dereference (") ||
		!strings.Contains(out, "udf_test.go:") {
		t.Error(out)
	}
}

func TestErrorsAndTheEndOfTheStreamAreTwoThings(t *testing.T) {
	expect(t, said(t, 1, fakehost.Error, func(*streamer, []udf.Point) error { return errors.New("no such bucket") }),
		"failed: no such bucket\n")
	run = func(s *streamer, points []udf.Point) error {
		return fmt.Errorf("emitting: %w", s.host.Emit(points...))
	}
	h := find("stream").New(fakehost.Closed)
	defer h.Destroy()
	if status := h.Points(1, 1); status != fakehost.Closed {
		t.Error(status)
	}
	expect(t, h.Said(), "")
	refused := find("refuses").New(fakehost.OK)
	if refused.Status != fakehost.Error {
		t.Error(refused.Status)
	}
	expect(t, refused.Said(), "failed: no model file\n")
}

func TestStateGoesThroughASnapshot(t *testing.T) {
	first := find("counter").New(fakehost.OK)
	first.Points(1, 5)
	state, _ := first.Snapshot()
	again, _ := first.Snapshot()
	if state == "" || state != again {
		t.Error("two snapshots of one state differ")
	}
	first.Destroy()
	<-lastCounter.closed

	second := find("counter").New(fakehost.OK)
	defer second.Destroy()
	if status := second.Restore(6, state); status != fakehost.Error {
		t.Error(status)
	}
	expect(t, second.Said(), "failed: version 6\n")
	if status := second.Restore(7, state[:len(state)/2]); status != fakehost.Error {
		t.Error("half a snapshot is taken")
	}
	second.Said()
	second.Restore(7, state)
	second.Points(9, 1)
	second.Stop()
	expect(t, second.Said(), "count n=4i 0 [host=h0]\ncount n=2i 0 [host=h1]\n")
}

func TestBatches(t *testing.T) {
	whole := find("batch").New(fakehost.OK)
	defer whole.Destroy()
	whole.Batch(10, 3)
	expect(t, whole.Said(), "batch m,host=h0 13 [host=h0]\nm,host=h0 last=true 12 [host=h0 by host by name noted]\n"+
		"m,host=h0 v=0,text='t',n=0i 10 [host=h0 by host by name noted]\n")
	pieces := find("parts").New(fakehost.OK)
	defer pieces.Destroy()
	pieces.Parts(10, 3)
	expect(t, pieces.Said(), "m,host=h0 sum=3 13 [host=h0 by host]\n")
}

func TestGoroutinesEmitAndFail(t *testing.T) {
	var host *udf.Host
	run = func(s *streamer, points []udf.Point) error {
		host = s.host
		kept := points[0].Keep()
		var all sync.WaitGroup
		for i := 0; i < 8; i++ {
			all.Add(1)
			s.host.Go(func() error {
				defer all.Done()
				for j := 0; j < 100; j++ {
					if err := s.host.Emit(kept.With(udf.Int("i", int64(j))), kept); err != nil {
						return err
					}
				}
				return nil
			})
		}
		all.Wait()
		all.Add(1)
		s.host.Go(func() error { defer all.Done(); panic("boom") })
		all.Wait()
		return nil
	}
	h := find("stream").New(fakehost.OK)
	h.Points(1, 1)
	h.Destroy()
	if n := strings.Count(h.Said(), "noted]\n"); n != 1600 {
		t.Errorf("%d points", n)
	}
	if err := host.Emit(udf.Data{Name: "m"}.Point()); err != udf.ErrClosed {
		t.Error("after the end: ", err)
	}
}

func TestLogLines(t *testing.T) {
	expect(t, said(t, 1, fakehost.OK, func(s *streamer, _ []udf.Point) error {
		s.host.Debugf("not %s", "this")
		s.host.Warnf("%d%%", 5)
		if s.host.Task() != "task" || s.host.Node() != "node" || s.host.Version() != "9.9" {
			t.Error(s.host.Task(), s.host.Node(), s.host.Version())
		}
		return nil
	}), "log 2: 5%\n")
}

type wrongStop struct{ streamer }

func (*wrongStop) Stop() {}

func TestAMethodThatWouldNotBeCalledIsAMistake(t *testing.T) {
	defer func() {
		expect(t, fmt.Sprint(recover()),
			"udf: algorithm wrong: *udf_test.wrongStop has Stop, but is no udf.Stopper: see its methods and their types")
	}()
	udf.RegisterStream(func(*udf.Host, udf.Args) (*wrongStop, error) { return nil, nil }, udf.Info{Name: "wrong"})
	udf.Forget()
}
