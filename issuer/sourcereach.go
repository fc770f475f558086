package issuer

import (
	"cmp"
	"fmt"
	"slices"
)

// checkReach refuses a rule that lets nobody in: what it has, another rule denies.
func (s sourceRules) checkReach() (at string, err error) {
	for i, r := range s {
		key, set := "allow", r.Allow
		if r.Require != nil {
			key, set = "require", r.Require
		}
		if set == nil {
			continue
		}
		for _, other := range s {
			if other.Deny != nil && other.LooksAt == r.LooksAt && set.below(other.Deny) {
				return fmt.Sprintf("[%d].%s", i, key), fmt.Errorf("source rule %.100q: rule %.100q denies all of it: take one of them away", r.Name, other.Name)
			}
		}
	}
	return "", nil
}

// below reports whether all that a set has another has too, as far as that is seen
// from the rules alone.
func (s *sourceSet) below(other *sourceSet) bool {
	return coveredBy(s.Networks, other.Networks, func(o, n sourceNetwork) bool {
		return o.prefix.Bits() <= n.prefix.Bits() && o.prefix.Contains(n.prefix.Addr())
	}) && coveredBy(s.Countries, other.Countries, equal) && coveredBy(s.ASNs, other.ASNs, equal) && coveredBy(s.Lists, other.Lists, equal)
}

func equal[T cmp.Ordered](a, b T) bool { return a == b }

// coveredBy reports whether each element is covered by one of others.
func coveredBy[T any](list, others []T, covers func(other, one T) bool) bool {
	return !slices.ContainsFunc(list, func(one T) bool {
		return !slices.ContainsFunc(others, func(o T) bool { return covers(o, one) })
	})
}
