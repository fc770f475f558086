package condition

import (
	"errors"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
)

// A Condition is one that was read. It does not change, and is safe for
// concurrent use.
type Condition struct {
	root *node
	text string
}

// String returns the condition in the one spelling that conditions of the same
// meaning to CEL's parser share.
func (c *Condition) String() string { return c.text }

type kind uint8

const (
	kindAnd kind = iota
	kindOr
	kindFact
	kindAtom
)

// A node is a part of a condition: facts and atoms under && and ||.
type node struct {
	kind  kind
	nodes []*node
	fact  Facts

	// Of an atom: what it says, which claims it reads, and whether it reads none.
	text     string
	program  cel.Program
	reads    []int
	constant bool
}

// Holds reports whether a condition holds. An atom that reads a claim which the
// client does not make is not met, and neither is one that fails: err is the
// first such failure, and says nothing of whether the condition holds by another
// road. That keeps it monotone: a failure is never reached because of a fact and
// then spoils what held without it.
func (c *Condition) Holds(facts Facts, claims *Claims) (holds bool, err error) {
	holds = c.root.eval(facts, func(n *node) bool {
		for _, i := range n.reads {
			if !claims.makes(i) {
				return false
			}
		}
		met, failed := n.run(claims)
		if failed != nil && err == nil {
			err = failed
		}
		return met && failed == nil
	})
	return holds, err
}

// Refuses is Holds for a condition of claims that refuses: a claim that is not
// made is empty, and a failure counts as met, since it must never let in.
func (c *Condition) Refuses(claims *Claims) (refuses bool, err error) {
	refuses = c.root.eval(0, func(n *node) bool {
		met, failed := n.run(claims)
		if failed != nil && err == nil {
			err = failed
		}
		return met || failed != nil
	})
	return refuses, err
}

// eval evaluates the tree, with what an atom is told by atom.
func (n *node) eval(facts Facts, atom func(*node) bool) bool {
	switch n.kind {
	case kindAnd:
		for _, below := range n.nodes {
			if !below.eval(facts, atom) {
				return false
			}
		}
		return true
	case kindOr:
		for _, below := range n.nodes {
			if below.eval(facts, atom) {
				return true
			}
		}
		return false
	case kindFact:
		return facts&n.fact != 0
	case kindAtom:
		return atom(n)
	}
	return false
}

var errNoTruth = errors.New("neither true nor false")

// run runs the program of an atom, within its cost.
func (n *node) run(claims *Claims) (bool, error) {
	out, _, err := n.program.Eval(claims)
	if err != nil {
		return false, err
	}
	met, ok := out.(types.Bool)
	if !ok {
		return false, errNoTruth
	}
	return bool(met), nil
}

func (c *Claims) makes(i int) bool { return claims[i].made(c) }
