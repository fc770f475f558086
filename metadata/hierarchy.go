package metadata

import "slices"

// A Hierarchy says which scopes include others: a scope is worth all its parts.
// The zero Hierarchy is flat: every scope includes itself and nothing else. A
// Hierarchy does not change, and is safe for concurrent use.
type Hierarchy struct{ parts map[string][]string }

// NewHierarchy returns the hierarchy in which each scope includes those that are
// listed for it, and all that those include. Scopes that include each other are
// worth the same: see [Hierarchy.Circular].
func NewHierarchy(includes map[string][]string) Hierarchy {
	h := Hierarchy{parts: make(map[string][]string, len(includes))}
	for scope := range includes {
		seen, next := map[string]bool{}, includes[scope]
		for len(next) > 0 {
			part := next[0]
			next = next[1:]
			if !seen[part] {
				seen[part] = true
				h.parts[scope] = append(h.parts[scope], part)
				next = slices.Concat(next, includes[part])
			}
		}
		slices.Sort(h.parts[scope])
	}
	return h
}

// Parts returns all scopes that a scope includes, sorted, without itself unless
// it is circular. They must not be changed.
func (h Hierarchy) Parts(scope string) []string { return h.parts[scope] }

// Includes reports whether a scope is another, or has it among its parts.
func (h Hierarchy) Includes(scope, other string) bool {
	if scope == other {
		return true
	}
	_, found := slices.BinarySearch(h.parts[scope], other)
	return found
}

// Circular reports whether a scope is among its own parts.
func (h Hierarchy) Circular(scope string) bool {
	_, found := slices.BinarySearch(h.parts[scope], scope)
	return found
}

// Narrow returns what is left of a scope where only some are allowed: the scope
// itself if it is, else the greatest of its parts that are, sorted. A scope that
// is allowed is taken with all its parts.
func (h Hierarchy) Narrow(scope string, allowed func(scope string) bool) []string {
	if allowed(scope) {
		return []string{scope}
	}
	var left []string
	for _, part := range h.parts[scope] {
		if allowed(part) {
			left = append(left, part)
		}
	}
	all := slices.Clone(left)
	return slices.DeleteFunc(left, func(part string) bool {
		return slices.ContainsFunc(all, func(other string) bool { return other != part && h.Includes(other, part) })
	})
}
