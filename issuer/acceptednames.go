package issuer

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
)

// AcceptedNames returns the publishers of which an acceptance is in force, and
// the names of their software that it covers: what others should not look like.
// A name that was accepted by its shape alone is nobody's. The software is what
// was decided on last, ten thousand shapes at most.
func (r *Registry) AcceptedNames(ctx context.Context) ([]metadata.ProtectedName, error) {
	said, err := r.cfg.Store.Listing(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading what operators said: %w", err)
	}
	accepted := map[metadata.Publisher][]Acceptance{}
	known := map[metadata.Publisher][]string{} // its names, the empty one first
	now := r.now()
	for _, a := range said.Acceptances {
		if !a.Publisher.IsZero() && !now.Before(a.At) && now.Before(a.Until) {
			accepted[a.Publisher] = append(accepted[a.Publisher], a)
			known[a.Publisher] = []string{""}
		}
	}
	if len(accepted) == 0 {
		return nil, nil
	}
	software, err := r.cfg.Store.Software(ctx, limits.ListLongest)
	if err != nil {
		return nil, fmt.Errorf("reading the software that was seen: %w", err)
	}
	for _, s := range software {
		of := accepted[s.Publisher]
		shaped := slices.ContainsFunc(of, func(a Acceptance) bool { return a.Shape == s.Shape })
		covered := shaped || len(of) > 0 && s.Tier >= TierAccepted
		if covered && !slices.Contains(known[s.Publisher], s.Name) {
			known[s.Publisher] = append(known[s.Publisher], s.Name)
		}
	}
	var list []metadata.ProtectedName
	for p, names := range known {
		for _, name := range names {
			list = append(list, metadata.ProtectedName{Name: name, Domains: []string{p.Domain()}})
		}
	}
	slices.SortFunc(list, func(a, b metadata.ProtectedName) int {
		return cmp.Or(cmp.Compare(a.Domains[0], b.Domains[0]), cmp.Compare(a.Name, b.Name))
	})
	return list, nil
}
