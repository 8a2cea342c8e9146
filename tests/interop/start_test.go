// SPDX-License-Identifier: MIT

package interop

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/influxdata/kapacitor/udf/agent"
)

// option is a call of one in a TICKscript.
func option(name string, arguments ...interface{}) *agent.Option {
	o := &agent.Option{Name: name}
	for _, argument := range arguments {
		v := new(agent.OptionValue)
		switch a := argument.(type) {
		case bool:
			v.Type, v.Value = agent.ValueType_BOOL, &agent.OptionValue_BoolValue{BoolValue: a}
		case int64:
			v.Type, v.Value = agent.ValueType_INT, &agent.OptionValue_IntValue{IntValue: a}
		case float64:
			v.Type, v.Value = agent.ValueType_DOUBLE, &agent.OptionValue_DoubleValue{DoubleValue: a}
		case string:
			v.Type, v.Value = agent.ValueType_STRING, &agent.OptionValue_StringValue{StringValue: a}
		case time.Duration:
			v.Type, v.Value = agent.ValueType_DURATION, &agent.OptionValue_DurationValue{DurationValue: int64(a)}
		default:
			panic(fmt.Sprintf("no option takes %T", a))
		}
		o.Values = append(o.Values, v)
	}
	return o
}

func TestInfoTellsEdgesAndOptions(t *testing.T) {
	for _, c := range []struct {
		algorithm string
		edge      agent.EdgeType
		options   map[string][]agent.ValueType
	}{
		{"mirror", agent.EdgeType_STREAM, map[string][]agent.ValueType{}},
		{"outliers", agent.EdgeType_BATCH, map[string][]agent.ValueType{
			"field":     {agent.ValueType_STRING},
			"scale":     {agent.ValueType_DOUBLE},
			"quartiles": {agent.ValueType_STRING},
		}},
		{"rich", agent.EdgeType_STREAM, map[string][]agent.ValueType{
			"flag":  {agent.ValueType_BOOL},
			"count": {agent.ValueType_INT},
			"ratio": {agent.ValueType_DOUBLE},
			"label": {agent.ValueType_STRING},
			"every": {agent.ValueType_DURATION},
			"multi": {agent.ValueType_STRING, agent.ValueType_INT, agent.ValueType_DOUBLE, agent.ValueType_BOOL,
				agent.ValueType_DURATION},
			"pair": {agent.ValueType_STRING, agent.ValueType_STRING},
			"none": nil,
		}},
	} {
		t.Run(c.algorithm, func(t *testing.T) {
			everyWay(t, func(t *testing.T, open opener) {
				f := open(patience)
				f.within(patience, "Info", func() {
					info, err := f.Info()
					if err != nil {
						t.Error(err)
						return
					}
					if info.Wants != c.edge || info.Provides != c.edge {
						t.Errorf("wants %v and provides %v", info.Wants, info.Provides)
					}
					options := map[string][]agent.ValueType{}
					for name, o := range info.Options {
						options[name] = o.ValueTypes
					}
					if !reflect.DeepEqual(options, c.options) {
						t.Errorf("the options are %v", options)
					}
				})
				f.stop()
				f.goneWithin(2 * drainTime) // Kapacitor's own start waits for it
			}, c.algorithm)
		})
	}
}

// The plugin compares them with what it is to get.
func TestOptionsOfEveryTypeArrive(t *testing.T) {
	everyWay(t, func(t *testing.T, open opener) {
		f := open(patience)
		f.init(
			option("flag", true), option("flag", false),
			option("count", int64(-42)),
			option("ratio", 0.25),
			option("label", "ünïcödé 漢字"),
			option("every", 90*time.Minute),
			option("multi", "s", int64(math.MaxInt64), -1234567.875, false, 250*time.Millisecond),
			option("pair", "a", "b"), option("pair", "c", ""),
			option("none"))
		f.stop()
	}, "rich")
}

// Kapacitor does nothing more with a function that refused: it must end by itself.
func TestBadOptionsAreRefusedWithTheReasonAndTheHostEnds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason  string
		options []*agent.Option
	}{
		{"'size'", []*agent.Option{option("field", "value")}},
		{"'size'", []*agent.Option{option("field", "value"), option("size", "ten")}},
		{"must be at least 1, not -5", []*agent.Option{option("field", "value"), option("size", int64(-5))}},
		{"'sise'", []*agent.Option{option("field", "value"), option("sise", int64(10))}},
	} {
		c := c
		t.Run(c.reason, func(t *testing.T) {
			t.Parallel()
			everyWay(t, func(t *testing.T, open opener) {
				t.Parallel()
				f := open(0)
				var err error
				f.within(patience, "Init", func() { err = f.Init(c.options) })
				if err == nil || !strings.Contains(err.Error(), "moving_avg: ") || !strings.Contains(err.Error(), c.reason) {
					t.Fatalf("Init: %v", err)
				}
				f.goneWithin(3 * drainTime)
			}, "moving_avg")
		})
	}
}
