package issuer

import (
	"fmt"
	"strings"

	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// judge returns what the rules find, and whether any of it denies. It finds
// nothing where everybody is where the rules want them.
func (s sourceRules) judge(o Origins) (found []verify.Finding, denied bool) {
	for _, party := range []Party{PartyRegistrar, PartyBrowser, PartyPublisher} {
		origins := o.of(party)
		if len(origins) == 0 {
			continue
		}
		for _, f := range s.judgeParty(party, origins) {
			found, denied = append(found, f), denied || f.Reason != ""
		}
	}
	return found, denied
}

// judgeParty judges one party by the rules that look at it.
func (s sourceRules) judgeParty(party Party, origins []Origin) (found []verify.Finding) {
	var allow sourceRules
	for _, r := range s {
		switch {
		case r.LooksAt != party:
		case r.Deny != nil:
			switch r.Deny.any(origins) {
			case inside:
				found = append(found, sourceFinding(verify.Failed, "%s: the %s is in what it denies: %s", r.Name, party, r.Reason))
			case unknown:
				found = append(found, sourceFinding(verify.Skipped, "%s: the %s is unknown, and not denied for that", r.Name, party))
			case outside:
			}
		case r.Require != nil:
			found = append(found, mustBeInside(r.Require.all(origins), r.Name, party, r.Reason)...)
		case r.Allow != nil:
			allow = append(allow, r)
		}
	}
	if len(allow) > 0 {
		found = append(found, allow.judgeAllowed(party, origins)...)
	}
	return found
}

// judgeAllowed judges a party by the rules that allow: each of its addresses must
// be in one of them.
func (s sourceRules) judgeAllowed(party Party, origins []Origin) []verify.Finding {
	worst := inside
	for _, o := range origins {
		best := outside
		for _, r := range s {
			best = max(best, r.Allow.has(o))
		}
		worst = min(worst, best)
	}
	names := make([]string, len(s))
	for i, r := range s {
		names[i] = r.Name
	}
	return mustBeInside(worst, strings.Join(names, ", "), party, s[0].Reason)
}

// mustBeInside is the finding on a party that rules want inside, none where it is.
func mustBeInside(is membership, rules string, party Party, reason string) []verify.Finding {
	switch is {
	case unknown:
		return []verify.Finding{sourceFinding(verify.Unavailable, "%s: the %s is unknown, so it is not in what is allowed: %s", rules, party, reason)}
	case outside:
		return []verify.Finding{sourceFinding(verify.Failed, "%s: the %s is outside what is allowed: %s", rules, party, reason)}
	case inside:
	}
	return nil
}

// sourceFinding has no address in it: where somebody is decides, and is not kept.
func sourceFinding(status verify.Status, detail string, args ...any) verify.Finding {
	const longest = 400
	f := verify.Finding{Check: CheckSource, Status: status, Detail: bounded(fmt.Sprintf(detail, args...), longest)}
	if status != verify.Skipped {
		f.Reason = metadata.ReasonSourceDenied
	}
	return f
}

// A membership says whether an origin is in a set. The zero membership is outside;
// what is not known stands between that and inside.
type membership uint8

const (
	outside membership = iota
	unknown
	inside
)

// any returns the membership of the address that is furthest inside.
func (s *sourceSet) any(origins []Origin) membership {
	best := outside
	for _, o := range origins {
		best = max(best, s.has(o))
	}
	return best
}

// all returns the membership of the address that is furthest outside.
func (s *sourceSet) all(origins []Origin) membership {
	worst := inside
	for _, o := range origins {
		worst = min(worst, s.has(o))
	}
	return worst
}

// has returns the membership of one address. It is unknown where no list has it,
// and one of them cannot say.
func (s *sourceSet) has(o Origin) membership {
	is := outside
	look := func(known, in bool) {
		switch {
		case !known:
			is = max(is, unknown)
		case in:
			is = inside
		}
	}
	for _, n := range s.Networks {
		look(o.Addr.IsValid(), n.prefix.Contains(o.Addr))
	}
	for _, c := range s.Countries {
		look(o.Country != "", string(c) == o.Country)
	}
	for _, n := range s.ASNs {
		look(o.ASN != 0, int(o.ASN) == n)
	}
	for _, name := range s.Lists {
		on, known := o.Lists[name]
		look(known, on)
	}
	return is
}
