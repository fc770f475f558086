package issuer

import (
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
	for _, url := range []string{clientID, c.ClientID, effective.ClientID} {
		if id, err := metadata.ParseClientID(url); err == nil {
			add(metadata.ClientSubject(id))
			host(id.Publisher())
		}
	}
	for _, uri := range slices.Concat(c.RedirectURIs, effective.RedirectURIs) {
		r, err := metadata.ParseRedirectURI(uri)
		if err != nil || r.Class() != metadata.RedirectHTTPS {
			continue
		}
		if p, err := metadata.PublisherOf(r.Host()); err == nil {
			host(p)
		}
	}
	add(metadata.ShapeSubject(v.Shape()))
	if c.ClientName != "" || len(c.RedirectURIs) > 0 {
		add(metadata.ShapeSubject(metadata.ShapeOf(c)))
	}
	return claims
}
