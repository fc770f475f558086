package issuer

import (
	"net/url"
	"slices"
	"strings"

	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// subjectsOf returns the subjects that a client claims to be of, proven or not: the
// publisher of its statement, its client_id and that one's host, the hosts that
// its codes go to, and its shape. With each domain come all above it that can be
// a publisher's: a hold reaches further than the look-up of keys does. clientID is
// as it was asked for, c as it was claimed.
func subjectsOf(clientID string, c metadata.Client, v *verify.Verdict) []metadata.Subject {
	var claims []metadata.Subject
	claimed := map[metadata.Subject]bool{}
	add := func(s metadata.Subject) {
		if !s.IsZero() && !claimed[s] {
			claimed[s], claims = true, append(claims, s)
		}
	}
	host := func(p metadata.Publisher) {
		for name, more := p.Domain(), true; more; _, name, more = strings.Cut(name, ".") {
			if above, err := metadata.PublisherOf(name); err == nil {
				add(metadata.PublisherSubject(above))
			}
		}
	}
	effective, _ := v.Client()
	host(v.Publisher)
	for _, address := range []string{clientID, c.ClientID, effective.ClientID} {
		if id, err := metadata.ParseClientID(address); err == nil {
			add(metadata.ClientSubject(id))
			host(id.Publisher())
		}
	}
	for _, uri := range slices.Concat(c.RedirectURIs, effective.RedirectURIs) {
		if p, err := metadata.PublisherOf(redirectHost(uri)); err == nil {
			host(p)
		}
	}
	add(metadata.ShapeSubject(v.Shape()))
	if c.ClientName != "" || len(c.RedirectURIs) > 0 {
		add(metadata.ShapeSubject(metadata.ShapeOf(c)))
	}
	return claims
}

// redirectHost returns the host to which codes for a redirect URI go by https,
// empty where there is none. One that is refused for how it is written is read as
// a browser would, which forgives nearly everything: where nothing is enforced it
// passes, and an authorization server may take it.
func redirectHost(uri string) string {
	if r, err := metadata.ParseRedirectURI(uri); err == nil {
		if r.Class() != metadata.RedirectHTTPS {
			return ""
		}
		return r.Host()
	}
	text := strings.NewReplacer("\t", "", "\r", "", "\n", "", `\`, "/").Replace(strings.ToLower(strings.TrimSpace(uri)))
	scheme, rest, _ := strings.Cut(text, ":")
	if scheme != "https" && scheme != "http" {
		return ""
	}
	authority := strings.TrimLeft(rest, "/")
	if end := strings.IndexAny(authority, "/?#"); end >= 0 {
		authority = authority[:end]
	}
	name, _, _ := strings.Cut(authority[strings.LastIndex(authority, "@")+1:], ":")
	if plain, err := url.PathUnescape(name); err == nil {
		name = plain
	}
	p, err := metadata.PublisherOf(strings.TrimSuffix(name, "."))
	if err != nil {
		return ""
	}
	return p.Domain()
}
