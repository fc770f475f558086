package verify

import "github.com/fc28f635/countersign/metadata"

// A reach is what provenance computes from a client and a coverage, without
// asking anybody: where the codes go.
type reach struct {
	delivery  metadata.Publisher
	delivered bool

	foreign []string         // hosts of redirect URIs that are not covered
	schemes []string         // private-use schemes that are not the publisher's
	hidden  []string         // members with addresses on hosts that are not covered
	keys    string           // the member whose address of keys is not covered
	binding metadata.Binding // as long as no key is named
}

// reachOf computes the reach; inUse is the redirect URI in use where it is known.
func reachOf(c metadata.Client, coverage metadata.Coverage, inUse string) reach {
	r := reach{
		foreign: metadata.ForeignHosts(c, coverage, inUse),
		schemes: metadata.ForeignSchemes(c, coverage, inUse),
		hidden:  c.UncoveredURLs(coverage),
		keys:    c.UncoveredKeys(coverage),
		binding: metadata.BindingOf(c, coverage, inUse, false),
	}
	r.delivery, r.delivered = metadata.DeliveryOf(c)
	return r
}

// reach returns the reach of the effective client, which is remembered for a
// statement by itself whose publisher speaks for its own host only.
func (r *run) reach(coverage metadata.Coverage) *reach {
	if r.byItself() && r.p.RedirectURI == "" && !coverage.Subdomains && len(coverage.Hosts) == 0 {
		return &r.parsed.reach
	}
	computed := reachOf(r.verdict.client, coverage, r.p.RedirectURI)
	return &computed
}

// byItself reports whether the client is what a statement says, and nothing else.
func (r *run) byItself() bool { return r.statement != nil && r.alone() }
