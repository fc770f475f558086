package issuer

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/fc28f635/countersign/metadata"
)

// A Vendor is a domain of software that nobody signs, and on which somebody could.
// That the software is the domain's is a claim until then.
type Vendor struct {
	Publisher metadata.Publisher `json:"publisher"`
	Software  []string           `json:"software"` // names of it, the first few

	// Decisions is how many would rise in tier, if the domain signed.
	Decisions int `json:"decisions"`
}

// signedTier is the tier that a statement earns a client of a binding by itself.
func signedTier(b metadata.Binding) Tier {
	if b == metadata.BindingLoose {
		return TierDomain
	}
	return TierSigned
}

// vendor returns the registrable domain whose publisher could sign the client: the
// one that is proven or claimed, or that its document, its codes or its page is at.
// The zero Publisher where there is none that could be proven.
func (d Decision) vendor(c metadata.Client) metadata.Publisher {
	at := []string{d.Publisher.String(), d.Asked.Publisher.String(), d.Asked.ClientID}
	at = append(append(at, c.RedirectURIs...), c.ClientURI)
	for _, address := range at {
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "https" {
			continue
		}
		p, err := metadata.ParsePublisher("https://" + u.Hostname())
		if err != nil || p.SpecialUse() {
			continue
		}
		above := p.Walk()
		return above[len(above)-1]
	}
	return metadata.Publisher{}
}

// vendors returns who could sign software, those first of whose decisions most
// would rise.
func vendors(software map[seen]*sighted) []Vendor {
	const namesMost = 3
	byDomain := map[metadata.Publisher]*Vendor{}
	for _, s := range software {
		if s.rises == 0 {
			continue
		}
		if byDomain[s.vendor] == nil {
			byDomain[s.vendor] = &Vendor{Publisher: s.vendor, Software: []string{}}
		}
		v := byDomain[s.vendor]
		v.Decisions += s.rises
		if s.ClientName != "" {
			v.Software = append(v.Software, s.ClientName)
		}
	}
	list := []Vendor{}
	for _, v := range byDomain {
		slices.Sort(v.Software)
		v.Software = slices.Compact(v.Software)
		v.Software = v.Software[:min(namesMost, len(v.Software))]
		list = append(list, *v)
	}
	slices.SortFunc(list, func(a, b Vendor) int {
		return cmp.Or(cmp.Compare(b.Decisions, a.Decisions), strings.Compare(a.Publisher.Domain(), b.Publisher.Domain()))
	})
	return list
}
