package verify

import (
	"slices"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
)

// A resemblance is what a client looks like beside what is protected. The empty
// texts are of one that looks like nothing.
type resemblance struct {
	protected *metadata.Protected // what it was compared with
	name      string              // of which of its names to what
	host      string              // of which of its hosts to what
}

// resemblance compares the effective client, unless it did with the same before.
func (r *run) resemblance() *resemblance {
	protected := r.v.cfg.Protected()
	if protected == nil {
		protected = metadata.Embedded()
	}
	if !r.byItself() {
		return resemblanceOf(&r.verdict.client, r.verdict.Publisher, r.p.ClientID, protected)
	}
	known := r.parsed.alike.Load()
	if known == nil || known.protected != protected {
		known = resemblanceOf(&r.verdict.client, r.verdict.Publisher, "", protected)
		r.parsed.alike.Store(known)
	}
	return known
}

// resemblanceOf compares, and keeps the first of the names and of the hosts that
// resemble anything. Where no publisher is known nobody's name is told, so none is
// compared.
func resemblanceOf(c *metadata.Client, publisher metadata.Publisher, clientID string, protected *metadata.Protected) *resemblance {
	r := &resemblance{protected: protected}
	if !publisher.IsZero() {
		for _, shown := range c.DisplayNames() {
			if l, ok := protected.Name(shown, publisher); ok {
				r.name = l.String()
				break
			}
		}
	}
	var room [2 + limits.RedirectURIs]string
	for _, host := range appendHosts(room[:0], c, publisher, clientID) {
		if l, ok := protected.Host(host); ok {
			r.host = host + " " + l.String()
			break
		}
	}
	return r
}

// appendHosts appends the hosts that a client is known by, or sends codes to: its
// publisher's, that of its client_id, and those of its redirect URIs. Where there
// is none it appends the empty host, which resembles nothing.
func appendHosts(hosts []string, c *metadata.Client, publisher metadata.Publisher, clientID string) []string {
	add := func(host string) {
		if !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	add(publisher.Domain())
	for _, url := range [...]string{clientID, c.ClientID} {
		if url == "" {
			continue // an error is no cheap one
		}
		id, _ := metadata.ParseClientID(url)
		add(id.Publisher().Domain())
	}
	for _, uri := range c.RedirectURIs {
		if u, _ := metadata.ParseRedirectURI(uri); u.Class() == metadata.RedirectHTTPS {
			add(u.Host())
		}
	}
	return hosts
}
