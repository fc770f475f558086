package metadata

import (
	"strings"

	"github.com/fc28f635/countersign/internal/strictjson"
)

// displayURIs are the members that hold an address shown to people, each
// perhaps with variants for languages.
var displayURIs = map[string]bool{"client_uri": true, "logo_uri": true, "tos_uri": true, "policy_uri": true}

// UncoveredDisplay returns the names of the members that would show people an
// address for which the publisher does not speak, or that is no https URL.
func (c Client) UncoveredDisplay(cov Coverage) []string {
	var names []string
	for _, name := range c.names() {
		base, _, _ := strings.Cut(name, "#")
		if !displayURIs[base] {
			continue
		}
		value, _ := c.member(name)
		if uri, ok := strictjson.Text(value); !ok || !cov.CoversURL(uri) {
			names = append(names, name)
		}
	}
	return names
}

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
			continue
		}
		delete(rest.More, name)
	}
	return rest, had
}
