package condition

import "slices"

// CanHold reports whether a condition can hold where of the facts at most those
// given do, whatever is claimed.
func (c *Condition) CanHold(facts Facts) bool {
	return c.root.eval(facts, func(n *node) bool {
		if !n.constant {
			return true
		}
		met, err := n.run(&Claims{})
		return met && err == nil
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

// mostSeen bounds what Implies looks at: it tries every combination.
const mostSeen = 14

// Implies reports whether another condition holds wherever c does, where the
// facts given hold anyway. It is not sure of conditions that see much, and says
// false of them.
func (c *Condition) Implies(other *Condition, anyway Facts) bool {
	facts, atoms := c.root.sees()
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
			if n.constant {
				met, err := n.run(&Claims{})
				return met && err == nil
			}
			i, _ := slices.BinarySearch(atoms, n.text)
			return try&(1<<(len(seen)+i)) != 0
		}
		if c.root.eval(held, atom) && !other.root.eval(held, atom) {
			return false
		}
	}
	return true
}
