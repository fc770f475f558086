package metadata

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/fc28f635/countersign/internal/strictjson"
)

// A ChangeKind says what a change of client metadata touches.
type ChangeKind string

// The kinds of changes. A change of the last kind needs nobody's attention; each
// of the others changes what somebody may have relied on.
const (
	ChangeRedirect   ChangeKind = "redirect"    // where codes, people and notices are sent
	ChangeKey        ChangeKind = "key"         // the client's keys
	ChangeAuthMethod ChangeKind = "auth_method" // how it authenticates, and what protects its messages
	ChangeScope      ChangeKind = "scope"       // what it may ask for, and by which grants
	ChangeName       ChangeKind = "name"        // who it says it is
	ChangeCosmetic   ChangeKind = "cosmetic"    // what is shown besides, and what means nothing to us
)

// Changes returns the kinds of what differs between two clients, sorted, each
// once; none where they mean the same. Defaults count as if they were written,
// loopback ports and the order of a list are no difference.
func Changes(was, is Client) []ChangeKind {
	was, is = was.WithDefaults(), is.WithDefaults()
	var kinds []ChangeKind
	for _, name := range sortedSet(append(was.names(), is.names()...)) {
		before, after := was.compared(name), is.compared(name)
		if kind := changeKind(name); !bytes.Equal(before, after) && !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	slices.Sort(kinds)
	return kinds
}

// compared returns the value of a member in the form in which two are compared.
func (c *Client) compared(name string) []byte {
	value, _ := c.member(name) // none, where it is not set
	if list, ok := strictjson.Texts(value); ok {
		for i, text := range list {
			if r, err := ParseRedirectURI(text); err == nil && registry[name] != nil && registry[name].url.form == formRedirect {
				list[i] = r.Canonical()
			}
		}
		return []byte(strings.Join(sortedSet(list), "\x00"))
	}
	var compact bytes.Buffer
	if json.Compact(&compact, value) != nil {
		return value
	}
	return compact.Bytes()
}

// changeKind returns what a change of a member touches.
func changeKind(member string) ChangeKind {
	base, _, _ := strings.Cut(member, "#")
	spec := registry[base]
	switch {
	case spec == nil:
		return ChangeCosmetic // it means nothing to us, and is handed to nobody
	case shownNames[base] || base == "client_id" || base == "software_id":
		return ChangeName
	case base == "jwks" || spec.url.form == formDocument:
		return ChangeKey
	case spec.url.use == urlOpened || spec.url.use == urlFetched || base == "application_type":
		return ChangeRedirect
	case scopeMembers[base]:
		return ChangeScope
	case spec.url.use == urlShown || cosmeticMembers[base]:
		return ChangeCosmetic
	}
	return ChangeAuthMethod
}

var (
	scopeMembers = map[string]bool{"scope": true, "grant_types": true, "response_types": true,
		"response_modes": true, "authorization_details_types": true}
	cosmeticMembers = map[string]bool{"contacts": true, "description": true, "software_version": true,
		"software_statement": true, "client_id_issued_at": true, "registration_client_uri": true}
)
