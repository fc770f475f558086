package verify

import "github.com/fc28f635/countersign/metadata"

// A reach is what provenance computes from a client and a coverage, without
// asking anybody: where the codes go, and who is shown.
type reach struct {
	delivery  metadata.Publisher
	delivered bool

	foreign []string                // hosts of redirect URIs that are not covered
	schemes []string                // private-use schemes that are not the publisher's
	hidden  []string                // members with addresses on hosts that are not covered
	keys    string                  // the member whose address of keys is not covered
	binding metadata.Binding        // as long as no key is named
	alike   *metadata.ProtectedName // the protected name that the client's resembles
}

// reachOf computes the reach; inUse is the redirect URI in use where it is known.
func reachOf(c metadata.Client, coverage metadata.Coverage, inUse string, names []metadata.ProtectedName) *reach {
	r := &reach{
		foreign: metadata.ForeignHosts(c, coverage, inUse),
		schemes: metadata.ForeignSchemes(c, coverage, inUse),
		hidden:  c.UncoveredURLs(coverage),
		keys:    c.UncoveredKeys(coverage),
		binding: metadata.BindingOf(c, coverage, inUse, false),
	}
	r.delivery, r.delivered = metadata.DeliveryOf(c)
	if !coverage.Publisher.IsZero() {
		for _, shown := range c.DisplayNames() {
			if name, ok := metadata.Resembled(names, shown, coverage.Publisher); ok {
				found := name // which alone is kept, and allocated
				r.alike = &found
				break
			}
		}
	}
	return r
}

// reach returns the reach of the effective client, which is remembered for a
// statement by itself whose publisher speaks for its own host only.
func (r *run) reach(coverage metadata.Coverage) *reach {
	if r.statement != nil && r.alone() && r.p.RedirectURI == "" && !coverage.Subdomains && len(coverage.Hosts) == 0 {
		return r.parsed.reach
	}
	return reachOf(r.verdict.client, coverage, r.p.RedirectURI, r.v.cfg.ProtectedNames)
}
