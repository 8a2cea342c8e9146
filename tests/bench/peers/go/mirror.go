// SPDX-License-Identifier: MIT

package main

import "github.com/influxdata/kapacitor/udf/agent"

// mirror emits each point as it came. The agent reads every point into memory of its own, so that
// it can be passed on without a copy.
type mirror struct {
	streamHandler
}

func (m *mirror) Info() (*agent.InfoResponse, error) {
	return &agent.InfoResponse{Wants: agent.EdgeType_STREAM, Provides: agent.EdgeType_STREAM}, nil
}

func (m *mirror) Init(*agent.InitRequest) (*agent.InitResponse, error) {
	return &agent.InitResponse{Success: true}, nil
}

func (m *mirror) Point(p *agent.Point) error {
	m.emit(p)
	return nil
}
