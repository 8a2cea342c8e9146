// SPDX-License-Identifier: MIT

package main

import "github.com/influxdata/kapacitor/udf/agent"

// movingAvg emits the mean of the last `size` values of a field, per group, in place of the fields
// of the point. Points without a number in the field are passed by.
type movingAvg struct {
	streamHandler
	field, as string
	size      int64
	windows   map[string]*window
}

func newMovingAvg(out chan<- *agent.Response) *movingAvg {
	return &movingAvg{streamHandler: streamHandler{out}, as: "avg", windows: map[string]*window{}}
}

func (m *movingAvg) Info() (*agent.InfoResponse, error) {
	one := func(t agent.ValueType) *agent.OptionInfo {
		return &agent.OptionInfo{ValueTypes: []agent.ValueType{t}}
	}
	return &agent.InfoResponse{
		Wants:    agent.EdgeType_STREAM,
		Provides: agent.EdgeType_STREAM,
		Options: map[string]*agent.OptionInfo{
			"field": one(agent.ValueType_STRING),
			"size":  one(agent.ValueType_INT),
			"as":    one(agent.ValueType_STRING),
		},
	}, nil
}

func (m *movingAvg) Init(r *agent.InitRequest) (*agent.InitResponse, error) {
	for _, o := range r.Options {
		if len(o.Values) == 0 {
			continue
		}
		switch o.Name {
		case "field":
			m.field = o.Values[0].GetStringValue()
		case "size":
			m.size = o.Values[0].GetIntValue()
		case "as":
			m.as = o.Values[0].GetStringValue()
		}
	}
	if m.field == "" || m.size < 1 || m.as == "" {
		return &agent.InitResponse{Error: "needs options 'field' and 'size', a size of at least 1"}, nil
	}
	return &agent.InitResponse{Success: true}, nil
}

func (m *movingAvg) Point(p *agent.Point) error {
	value, ok := p.FieldsDouble[m.field]
	if !ok {
		integer, ok := p.FieldsInt[m.field]
		if !ok {
			return nil
		}
		value = float64(integer)
	}
	w := m.windows[p.Group]
	if w == nil {
		w = &window{}
		m.windows[p.Group] = w
	}
	p.FieldsDouble = map[string]float64{m.as: w.push(value, int(m.size))}
	p.FieldsInt, p.FieldsString, p.FieldsBool = nil, nil, nil
	m.emit(p)
	return nil
}

// window is a ring of the last values with a running sum: the usual way to write it. (The sum
// drifts by rounding: means agree with those of other ways to a part in 10^12 or so.)
type window struct {
	values []float64
	next   int
	sum    float64
}

// push adds a value, drops what is older than size values, and returns the mean.
func (w *window) push(value float64, size int) float64 {
	w.sum += value
	if len(w.values) < size {
		w.values = append(w.values, value)
	} else {
		w.sum -= w.values[w.next]
		w.values[w.next] = value
		w.next = (w.next + 1) % size
	}
	return w.sum / float64(len(w.values))
}
