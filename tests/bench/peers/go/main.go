// SPDX-License-Identifier: MIT

// The algorithms of the benchmark on Kapacitor's Go agent, in one program: `agents mirror` and
// `agents moving_avg` speak the protocol on stdin and stdout.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/influxdata/kapacitor/udf/agent"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "agents:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return errors.New("one argument, please: mirror or moving_avg")
	}
	a := agent.New(os.Stdin, os.Stdout)
	switch args[0] {
	case "mirror":
		a.Handler = &mirror{streamHandler{a.Responses}}
	case "moving_avg":
		a.Handler = newMovingAvg(a.Responses)
	default:
		return fmt.Errorf("no algorithm %q: mirror or moving_avg", args[0])
	}
	if err := a.Start(); err != nil {
		return err
	}
	return a.Wait()
}

// streamHandler is what the two algorithms have in common: they take a stream, and their state
// does not outlive them, which the benchmark does not ask for.
type streamHandler struct {
	out chan<- *agent.Response
}

func (h *streamHandler) emit(p *agent.Point) {
	h.out <- &agent.Response{Message: &agent.Response_Point{Point: p}}
}

func (h *streamHandler) Snapshot() (*agent.SnapshotResponse, error) {
	return &agent.SnapshotResponse{}, nil
}

func (h *streamHandler) Restore(*agent.RestoreRequest) (*agent.RestoreResponse, error) {
	return &agent.RestoreResponse{Error: "there is no state to restore"}, nil
}

func (h *streamHandler) BeginBatch(*agent.BeginBatch) error { return errNoBatches }
func (h *streamHandler) EndBatch(*agent.EndBatch) error     { return errNoBatches }

var errNoBatches = errors.New("takes a stream, not batches")

// The agent ends when this channel does.
func (h *streamHandler) Stop() { close(h.out) }
