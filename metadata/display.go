package metadata

import (
	"slices"
	"strings"
)

// Without returns a copy of c without the named members, and the names of those
// that it had.
func (c Client) Without(names ...string) (rest Client, had []string) {
	rest = c.Clone()
	for _, name := range names {
		if _, ok := c.member(name); !ok {
			continue
		}
		had = append(had, name)
		if spec, ok := registry[name]; ok && spec.field != nil {
			spec.clear(&rest)
		}
		delete(rest.More, name)
	}
	return rest, had
}

// Unregistered returns the names of the members that are in no registry of
// client metadata, sorted. They are kept as they were written, mean nothing to
// us, and must not reach a server to which they might mean something.
func (c Client) Unregistered() []string {
	var names []string
	for name := range c.More {
		base, _, _ := strings.Cut(name, "#")
		if _, ok := registry[name]; !ok && !localizable[base] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
