package condition

import "slices"

// CanHold reports whether a condition can hold where of the facts at most those
// given do, whatever is claimed.
func (c *Condition) CanHold(facts Facts) bool {
	return c.root.eval(facts, func(n *node) bool {
		return n.holdsWhere(true)
	})
}

// Sees reports whether a condition sees one of the facts given.
func (c *Condition) Sees(facts Facts) bool {
	seen, _ := c.root.sees()
	return seen&facts != 0
}

// SeesClaims reports whether a condition reads a claim.
func (c *Condition) SeesClaims() bool {
	_, atoms := c.root.sees()
	return len(atoms) > 0
}

// Constant reports whether a condition sees neither a fact nor a claim.
func (c *Condition) Constant() bool {
	facts, atoms := c.root.sees()
	return facts == 0 && len(atoms) == 0
}

// sees returns the facts that a tree sees, and the texts of its atoms of claims.
func (n *node) sees() (facts Facts, atoms []string) {
	facts = n.fact
	if n.kind == kindAtom && !n.constant {
		atoms = []string{n.text}
	}
	for _, below := range n.nodes {
		f, a := below.sees()
		facts |= f
		atoms = append(atoms, a...)
	}
	return facts, atoms
}

// holdsWhere reports whether an atom holds where its claims are as given; a constant
// has none.
func (n *node) holdsWhere(claimed bool) bool {
	if !n.constant {
		return claimed
	}
	met, err := n.run(&Claims{})
	return met && err == nil
}

// mostSeen bounds what Implies looks at: it tries every combination.
const mostSeen = 14

// Implies reports whether another condition holds wherever c does, where the
// facts given hold anyway. It is not sure of conditions that see much, and says
// false of them.
func (c *Condition) Implies(other *Condition, anyway Facts) bool {
	facts, atoms := c.root.sees()
	own := func(n *node) bool { return n.holdsWhere(slices.Contains(atoms, n.text)) }
	if c.root.eval(anyway|facts, own) && !other.root.eval(anyway|facts, own) {
		return false // where all that c sees holds and nothing else: most pairs have little in common
	}
	f, a := other.root.sees()
	facts = (facts | f) &^ anyway
	atoms = append(atoms, a...)
	slices.Sort(atoms)
	atoms = slices.Compact(atoms)
	var seen []Facts
	for bit := Facts(1); bit != 0; bit <<= 1 {
		if facts&bit != 0 {
			seen = append(seen, bit)
		}
	}
	if len(seen)+len(atoms) > mostSeen {
		return false
	}
	for try := range 1 << (len(seen) + len(atoms)) {
		held := anyway
		for i, bit := range seen {
			if try&(1<<i) != 0 {
				held |= bit
			}
		}
		atom := func(n *node) bool {
			i, _ := slices.BinarySearch(atoms, n.text)
			return n.holdsWhere(try&(1<<(len(seen)+i)) != 0)
		}
		if c.root.eval(held, atom) && !other.root.eval(held, atom) {
			return false
		}
	}
	return true
}
