package metadata

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/fc28f635/countersign/internal/strictjson"
)

// A Road is how plain metadata reached us beside a statement.
type Road uint8

const (
	// RoadRegistration is a registration request: anyone can send it with a
	// statement that is public. The zero Road.
	RoadRegistration Road = iota

	// RoadDocument is a metadata document that carries the statement itself:
	// whoever controls its host wrote both.
	RoadDocument
)

// Merged is the client that results from stated and plain metadata.
type Merged struct {
	Client Client

	// Overridden names the members whose plain value did not come through,
	// sorted. Callers log it, since it is often an attack or a bug.
	Overridden []string

	// Unstated names the members of a metadata document that authenticate,
	// redirect or name the client and that its statement leaves out, sorted:
	// they count at the tier of the document.
	Unstated []string
}

// Merge combines plain metadata with what a verified statement says. A stated
// member wins (RFC 7591, Section 3.1.1); the plain side may narrow
// redirect_uris, scope and grant_types and add contacts. In a registration, a
// member that is not stated takes its default, never the plain value, and one
// that authenticates the client is refused, as is another authentication method
// beside a stated private_key_jwt; in a document the plain members stand. The error
// is a [Defects]: [ReasonRedirectURINotStated], [ReasonMemberNotStated],
// [ReasonScopeEmpty], [ReasonGrantForbidden].
func Merge(plain, stated Client, road Road) (Merged, error) {
	return MergeWith(plain, stated, road, Hierarchy{})
}

// MergeWith is [Merge] where scopes include others: a stated scope admits its
// parts, and of one that is asked for those parts are left that are stated.
func MergeWith(plain, stated Client, road Road, scopes Hierarchy) (Merged, error) {
	m := merger{plain: plain, out: stated.Clone(), road: road, scopes: scopes}
	m.out.SoftwareStatement = plain.SoftwareStatement
	m.redirects(stated)
	m.authentication(stated)
	m.scope(stated)
	m.grants(stated)
	m.others(stated)
	m.out = m.out.WithDefaults()
	if err := m.defects.orNil(); err != nil {
		return Merged{}, err
	}
	return Merged{Client: m.out, Overridden: sortedSet(m.overridden), Unstated: sortedSet(m.unstated)}, nil
}

type merger struct {
	plain, out Client
	road       Road
	scopes     Hierarchy
	overridden []string
	unstated   []string
	defects    Defects
}

// redirects keeps the stated URIs that the plain side names, all where it names
// none, loopback ones without port.
func (m *merger) redirects(stated Client) {
	ceiling := stated.RedirectURIs
	if len(ceiling) == 0 && len(m.plain.RedirectURIs) > 0 && m.road == RoadDocument {
		ceiling = m.plain.RedirectURIs
		m.unstated = append(m.unstated, "redirect_uris")
	}
	var allowed []RedirectURI
	for _, s := range ceiling {
		if r, err := ParseRedirectURI(s); err == nil {
			allowed = append(allowed, r)
		}
	}
	var kept []string
	if len(m.plain.RedirectURIs) == 0 {
		for _, r := range allowed {
			kept = append(kept, r.Canonical())
		}
	}
	for _, s := range m.plain.RedirectURIs {
		r, err := ParseRedirectURI(s)
		i := slices.IndexFunc(allowed, func(a RedirectURI) bool { return err == nil && a.Matches(r) })
		if i < 0 {
			m.defects.add(ReasonRedirectURINotStated, "redirect_uris", quote(s)+" is not among the stated redirect URIs")
			continue
		}
		kept = append(kept, allowed[i].Canonical())
	}
	m.out.RedirectURIs = unique(kept)
}

// authentication refuses what would let a registration authenticate by other
// means than those stated, which is how a public statement is misused.
func (m *merger) authentication(stated Client) {
	usual := Client{}.WithDefaults()
	for _, name := range m.plain.names() {
		_, isStated := stated.member(name)
		if m.road == RoadDocument || isStated || !authenticates(name) {
			continue
		}
		value, _ := m.plain.member(name)
		if was, ok := usual.member(name); !ok || !sameJSON(was, value) {
			m.defects.add(ReasonMemberNotStated, name, "the statement does not name it, and it authenticates the client")
		}
	}
}

// scope keeps the stated tokens that the plain side asks for, all where it asks
// for none. A statement without scope sets no ceiling of its own.
func (m *merger) scope(stated Client) {
	asked, ceiling := unique(m.plain.Scopes()), stated.Scopes()
	switch {
	case len(asked) == 0:
		return
	case len(ceiling) == 0:
		m.out.Scope = m.plain.Scope
		return
	}
	isStated := func(scope string) bool {
		return slices.ContainsFunc(ceiling, func(c string) bool { return m.scopes.Includes(c, scope) })
	}
	var kept []string
	for _, scope := range asked {
		kept = append(kept, m.scopes.Narrow(scope, isStated)...)
	}
	kept = unique(kept)
	if !slices.Equal(kept, asked) {
		m.overridden = append(m.overridden, "scope")
	}
	if len(kept) == 0 {
		m.defects.add(ReasonScopeEmpty, "scope", "nothing that was asked for is stated")
	}
	m.out.Scope = strings.Join(kept, " ")
}

func (m *merger) grants(stated Client) {
	asked, ceiling := unique(m.plain.GrantTypes), stated.GrantTypes
	if len(ceiling) == 0 {
		if m.road == RoadDocument {
			m.out.GrantTypes = asked
			if slices.ContainsFunc(asked, withoutRedirect) {
				m.unstated = append(m.unstated, "grant_types") // it reaches further than what is stated
			}
			return
		}
		ceiling = []string{GrantAuthorizationCode}
	}
	if len(asked) == 0 {
		return
	}
	kept := intersect(asked, ceiling)
	if len(kept) < len(asked) {
		m.overridden = append(m.overridden, "grant_types")
	}
	if len(kept) == 0 {
		m.defects.add(ReasonGrantForbidden, "grant_types", "nothing that was asked for is stated")
	}
	m.out.GrantTypes = kept
}

// others carries over the members that have no rule of their own.
func (m *merger) others(stated Client) {
	defaults := Client{GrantTypes: m.out.GrantTypes}.WithDefaults()
	for _, name := range m.plain.names() {
		switch name {
		case "redirect_uris", "scope", "grant_types", "software_statement":
			continue
		case "contacts":
			m.out.Contacts = unique(append(m.out.Contacts, m.plain.Contacts...))
			continue
		}
		value, _ := m.plain.member(name)
		if was, ok := stated.member(name); ok {
			switch {
			case sameJSON(was, value):
			case name == "token_endpoint_auth_method" && stated.AuthenticatesByKey() && m.road == RoadRegistration:
				m.defects.add(ReasonMemberNotStated, name, "the statement has the client authenticate with its key, and this is a downgrade")
			default:
				m.overridden = append(m.overridden, name)
			}
			continue
		}
		if usual, ok := defaults.member(name); ok && sameJSON(usual, value) {
			continue
		}
		if m.road == RoadRegistration {
			m.overridden = append(m.overridden, name)
			continue
		}
		m.out.setMember(name, value)
		if base, _, _ := strings.Cut(name, "#"); authenticates(name) || base == "client_name" {
			m.unstated = append(m.unstated, name)
		}
	}
}

// sameJSON compares two JSON values by their canonical form (RFC 8785).
func sameJSON(a, b json.RawMessage) bool {
	if bytes.Equal(a, b) {
		return true
	}
	ca, err := strictjson.Canonical(a)
	cb, _ := strictjson.Canonical(b) // empty where there is none, which no value is
	return err == nil && bytes.Equal(ca, cb)
}

// intersect returns the members of list that ceiling has, in the order of list,
// each once.
func intersect(list, ceiling []string) []string {
	return unique(slices.DeleteFunc(slices.Clone(list), func(s string) bool { return !slices.Contains(ceiling, s) }))
}

// unique drops later duplicates and keeps the order.
func unique(list []string) []string {
	var out []string
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
