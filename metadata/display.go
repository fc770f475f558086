package metadata

import (
	"slices"
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
	for _, m := range [...]struct{ name, uri string }{{"client_uri", c.ClientURI}, {"logo_uri", c.LogoURI},
		{"tos_uri", c.TOSURI}, {"policy_uri", c.PolicyURI}} {
		if m.uri != "" && !cov.CoversURL(m.uri) {
			names = append(names, m.name)
		}
	}
	for _, name := range c.variants(displayURIs) {
		if uri, ok := strictjson.Text(c.More[name]); !ok || !cov.CoversURL(uri) {
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
