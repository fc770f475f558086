package metadata

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Binding is what ties whoever presents a client to that client. Bindings are
// ordered: a higher one is harder to steal. The zero Binding is the weakest.
type Binding uint8

const (
	// BindingLoose is none: any program on the user's machine, or any page
	// behind a redirector, could pose as the client.
	BindingLoose Binding = iota

	// BindingWeb delivers every code to https hosts of the publisher.
	BindingWeb

	// BindingKey has the client authenticate with a key that the publisher
	// names.
	BindingKey
)

var bindingNames = [...]string{"loose", "web", "key"}

// String returns "loose", "web" or "key".
func (b Binding) String() string {
	if int(b) >= len(bindingNames) {
		return "Binding(" + strconv.Itoa(int(b)) + ")"
	}
	return bindingNames[b]
}

// MarshalText implements encoding.TextMarshaler.
func (b Binding) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (b *Binding) UnmarshalText(text []byte) error {
	i := slices.Index(bindingNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("%s is no binding", quote(string(text)))
	}
	*b = Binding(i)
	return nil
}

// BindingOf judges the binding of an effective client. It looks at inUse, the
// redirect URI that the caller names, or where that is empty at the weakest of
// all; one that is not the client's binds nothing. keyNamed says that the key with which the client authenticates is named
// by the statement, or by a covered jwks_uri.
func BindingOf(c Client, cov Coverage, inUse string, keyNamed bool) Binding {
	if keyNamed && c.AuthenticatesByKey() {
		return BindingKey
	}
	if !c.UsesRedirects() || slices.ContainsFunc(c.GrantTypes, withoutRedirect) {
		return BindingLoose
	}
	uris := c.RedirectURIs
	if inUse != "" {
		if !c.redirectsTo(inUse) {
			return BindingLoose
		}
		uris = []string{inUse}
	}
	for _, s := range uris {
		r, err := ParseRedirectURI(s)
		if err != nil || r.Class() != RedirectHTTPS || !cov.Covers(r.Host()) || Redirector(r) {
			return BindingLoose
		}
	}
	if len(uris) == 0 {
		return BindingLoose
	}
	return BindingWeb
}

// redirectsTo reports whether a redirect URI is one of the client's.
func (c Client) redirectsTo(uri string) bool {
	presented, err := ParseRedirectURI(uri)
	return err == nil && slices.ContainsFunc(c.RedirectURIs, func(s string) bool {
		r, err := ParseRedirectURI(s)
		return err == nil && r.Matches(presented)
	})
}

// DeliveredByRedirect reports whether what a grant gives goes to a redirect URI
// of the client, or renews what went there.
func DeliveredByRedirect(grant string) bool { return !withoutRedirect(grant) }

func withoutRedirect(grant string) bool {
	return grant != GrantAuthorizationCode && grant != GrantRefreshToken && grant != "implicit"
}

// DeliveryOf returns the publisher of the one web host to which every
// authorization code of the client goes, if there is such a host: every
// redirect URI is https on it, it is neither shared by path nor a redirector,
// and every grant is delivered by redirect. It is evidence without any document:
// a copy of such a registration delivers codes to the one copied.
func DeliveryOf(c Client) (Publisher, bool) {
	if len(c.RedirectURIs) == 0 || !c.UsesRedirects() || slices.ContainsFunc(c.GrantTypes, withoutRedirect) {
		return Publisher{}, false
	}
	var host string
	for _, s := range c.RedirectURIs {
		r, err := ParseRedirectURI(s)
		if err != nil || r.Class() != RedirectHTTPS || Redirector(r) || SharedByPath(r.Host()) {
			return Publisher{}, false
		}
		if host != "" && host != r.Host() {
			return Publisher{}, false
		}
		host = r.Host()
	}
	p, err := PublisherOf(host)
	return p, err == nil
}

// ForeignHosts returns the hosts of https redirect URIs that the publisher does
// not cover, in order, each once: of inUse where the caller names it, else of
// all.
func ForeignHosts(c Client, cov Coverage, inUse string) []string {
	uris := c.RedirectURIs
	if inUse != "" {
		uris = []string{inUse}
	}
	var foreign []string
	for _, s := range uris {
		r, err := ParseRedirectURI(s)
		if err == nil && r.Class() == RedirectHTTPS && !cov.Covers(r.Host()) && !slices.Contains(foreign, r.Host()) {
			foreign = append(foreign, r.Host())
		}
	}
	return foreign
}

// ForeignSchemes returns the private-use schemes of redirect URIs that are not
// the publisher's reversed host, such as example.acme for acme.example, alone
// or followed by further labels (RFC 8252, Section 7.1): of inUse where the
// caller names it, else of all.
func ForeignSchemes(c Client, cov Coverage, inUse string) []string {
	own := ""
	uris := c.RedirectURIs
	if inUse != "" {
		uris = []string{inUse}
	}
	var foreign []string
	for _, s := range uris {
		r, err := ParseRedirectURI(s)
		if err != nil || r.Class() != RedirectPrivate {
			continue
		}
		if own == "" {
			labels := strings.Split(cov.Publisher.Domain(), ".")
			slices.Reverse(labels)
			own = strings.Join(labels, ".")
		}
		scheme := r.Scheme()
		if scheme != own && !strings.HasPrefix(scheme, own+".") && !slices.Contains(foreign, scheme+":") {
			foreign = append(foreign, scheme+":")
		}
	}
	return foreign
}
