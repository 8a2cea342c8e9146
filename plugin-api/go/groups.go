// SPDX-License-Identifier: MIT

package udf

import (
	"bytes"
	"encoding/gob"
	"errors"
	"sort"
	"strings"
)

// Groups has the state of each group, by the id of the group. It is a map: range over it, and delete what is old, for
// Kapacitor never says that a group has ended. Where the order counts, as for what is emitted, use Sorted: that of a
// map changes. For a snapshot encode it with encoding/gob, which stores the exported members of T; JSON does not do,
// for the ids may hold any bytes.
type Groups[T any] map[string]*T

// Of is the state of the point's group, made where it is new. The look-up copies nothing.
func (g Groups[T]) Of(p Point) *T { return g.of(p.group()) }

// OfBatch is the state of the batch's group, made where it is new.
func (g Groups[T]) OfBatch(b Batch) *T { return g.of(b.group()) }

func (g Groups[T]) of(id string) *T {
	state := g[id]
	if state == nil {
		state = new(T)
		g[strings.Clone(id)] = state
	}
	return state
}

// Sorted are the ids in order.
func (g Groups[T]) Sorted() []string {
	ids := make([]string, 0, len(g))
	for id := range g {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	return ids
}

// What gob stores: equal groups are equal bytes, as those of a map are not.
type storedGroups[T any] struct {
	IDs    []string
	States []*T
}

// GobEncode is for encoding/gob.
func (g Groups[T]) GobEncode() ([]byte, error) {
	stored := storedGroups[T]{IDs: g.Sorted()}
	for _, id := range stored.IDs {
		stored.States = append(stored.States, g[id])
	}
	var out bytes.Buffer
	err := gob.NewEncoder(&out).Encode(stored)
	return out.Bytes(), err
}

// GobDecode is for encoding/gob.
func (g *Groups[T]) GobDecode(state []byte) error {
	var stored storedGroups[T]
	if err := gob.NewDecoder(bytes.NewReader(state)).Decode(&stored); err != nil {
		return err
	}
	if len(stored.IDs) != len(stored.States) {
		return errors.New("groups and their states are not as many")
	}
	*g = make(Groups[T], len(stored.IDs))
	for i, id := range stored.IDs {
		(*g)[id] = stored.States[i]
	}
	return nil
}
