// SPDX-License-Identifier: MIT

// Package udf makes plugins for udf-host, algorithms for Kapacitor's UDF nodes, out of Go.
//
// An algorithm is a type with the methods that it needs. Register it in an init function; there is no more to
// main than that:
//
//	func init() {
//		udf.RegisterStream(newHalf, udf.Info{
//			Name:    "half",
//			Options: []udf.Option{{Name: "field", Types: []udf.Type{udf.TypeString}, Required: true}},
//		})
//	}
//
//	func main() {}
//
//	type half struct {
//		host  *udf.Host
//		field string
//	}
//
//	func newHalf(host *udf.Host, args udf.Args) (*half, error) {
//		return &half{host, args.String("field", "")}, nil
//	}
//
//	func (h *half) Points(points []udf.Point) error {
//		var out []udf.Point
//		for _, p := range points {
//			if v, ok := p.Float(h.field); ok {
//				out = append(out, p.With(udf.Float("half", v/2)))
//			}
//		}
//		return h.host.Emit(out...)
//	}
//
// and build it with
//
//	go build -buildmode=c-shared -o half.so
//
// Each use of @half() in a running task has a handler of its own, made by newHalf. Its methods are called one at a
// time. An error that one returns ends the task, and so does a panic: it becomes the error of the task.
package udf

import (
	"errors"
	"fmt"
	"reflect"
)

// ErrClosed is what Emit returns once the stream has ended. It is no failure: return it, and stop emitting.
var ErrClosed = errors.New("the stream has ended")

// Edge is what an algorithm takes or gives.
type Edge uint32

const (
	Stream Edge = 0
	// Batches is the edge of batch tasks.
	Batches Edge = 1
)

// Info describes an algorithm to the host and to the people who use it.
type Info struct {
	Name         string // an identifier, as in @name(); unique in the plugin
	Version      string // of the algorithm, "1.4.2"
	Help         string // one line
	Provides     Edge   // what it emits: Stream, unless said otherwise
	Options      []Option
	StateVersion uint32 // of what Snapshot writes; Restore is told it
}

// Option is an option of the TICKscript node: .name(arguments). The host checks what a task gives.
type Option struct {
	Name       string
	Types      []Type // of the arguments; none for a switch
	Help       string // one line
	Required   bool
	Repeatable bool
}

// A StreamHandler takes the points of a stream, as many as have arrived, at least one. The result must not
// depend on how many they are. They are valid until Points returns.
type StreamHandler interface {
	Points(points []Point) error
}

// A BatchHandler takes whole batches. They are valid until Batch returns.
type BatchHandler interface {
	Batch(batch Batch) error
}

// A BatchPartsHandler takes batches that may be too large to hold. BeginBatch knows neither the points nor TMax.
type BatchPartsHandler interface {
	BeginBatch(batch Batch) error
	Points(points []Point) error
	EndBatch(batch Batch) error
}

// A Snapshotter has state that outlives restarts. Restore is called at most once, before any data, with the
// StateVersion and the bytes of the last snapshot. An error of Snapshot ends that snapshot only.
type Snapshotter interface {
	Snapshot() ([]byte, error)
	Restore(version uint32, state []byte) error
}

// A Stopper is told that the input has ended: the last chance to emit. It is not called after a failure.
type Stopper interface {
	Stop() error
}

// A Closer is told that it is no longer used: the last call, whatever came before. End your goroutines here.
type Closer interface {
	Close()
}

// RegisterStream adds an algorithm that takes a stream. make returns a handler, or an error that refuses the
// options. The handler may be a Snapshotter, a Stopper and a Closer as well. To be called from init.
func RegisterStream[H StreamHandler](make func(*Host, Args) (H, error), info Info) {
	register(make, info, callbacks{points: true})
}

// RegisterBatch is RegisterStream for an algorithm that takes batches whole.
func RegisterBatch[H BatchHandler](make func(*Host, Args) (H, error), info Info) {
	register(make, info, callbacks{batch: true})
}

// RegisterBatchParts is RegisterStream for an algorithm that takes batches piece by piece.
func RegisterBatchParts[H BatchPartsHandler](make func(*Host, Args) (H, error), info Info) {
	register(make, info, callbacks{points: true, parts: true})
}

// What the table of the plugin is made of.
type algorithm struct {
	Info
	callbacks
	make func(*Host, Args) (any, error)
}

// Which functions of the table there are. The others must be NULL.
type callbacks struct {
	points, batch, parts, snapshots, stops bool
}

var registered []algorithm

// maxAlgorithms is how many create functions plugin.c has: C tells us nothing else of which one is meant.
const maxAlgorithms = 64

func register[H any](make func(*Host, Args) (H, error), info Info, which callbacks) {
	var none H
	handler := reflect.TypeOf(&none).Elem()
	if len(registered) == maxAlgorithms {
		panic(fmt.Sprintf("udf: algorithm %s: a plugin has at most %d of them", info.Name, maxAlgorithms))
	}
	if info.Provides != Stream && info.Provides != Batches {
		panic(fmt.Sprintf("udf: algorithm %s: Provides is Stream or Batches, not %d", info.Name, info.Provides))
	}
	which.snapshots = has[Snapshotter](handler, info)
	which.stops = has[Stopper](handler, info)
	has[Closer](handler, info)
	create := func(host *Host, args Args) (any, error) { return make(host, args) }
	registered = append(registered, algorithm{info, which, create})
}

// has says whether the handler is an I. One that has a method by the name of I's, but not as I has it, would
// silently not be called: that is a mistake, and the plugin does not load.
func has[I any](handler reflect.Type, info Info) bool {
	var none I
	wanted := reflect.TypeOf(&none).Elem()
	if handler.Implements(wanted) {
		return true
	}
	for i := 0; i < wanted.NumMethod(); i++ {
		if name := wanted.Method(i).Name; hasMethod(handler, name) {
			panic(fmt.Sprintf("udf: algorithm %s: %v has %s, but is no udf.%s: see its methods and their types",
				info.Name, handler, name, wanted.Name()))
		}
	}
	return false
}

func hasMethod(t reflect.Type, name string) bool {
	_, found := t.MethodByName(name)
	return found
}
