package issuer

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// CheckSource is the check of the findings that rules on sources give. No policy
// can ask for it: it only ever takes away.
const CheckSource verify.Check = "source"

// sourceRules are the section sources of a policy: from which networks clients
// may come. They are pure, and do not change.
//
// Of each party that rules look at: it is denied where a rule that denies has it,
// whatever else has it; where there are rules that allow and none of them has it;
// and where a rule that requires does not have it. Where a party is unknown no
// rule has it. A party with several addresses is where all of them are.
type sourceRules []sourceRule

// A sourceRule has exactly one of allow, deny and require.
type sourceRule struct {
	Name    string     `yaml:"name"`
	LooksAt Party      `yaml:"looks_at"`
	Allow   *sourceSet `yaml:"allow"`
	Deny    *sourceSet `yaml:"deny"`
	Require *sourceSet `yaml:"require"`
	Reason  string     `yaml:"reason"` // why there is the rule, for whoever meets it
}

// A sourceSet has what any of its lists has. An empty list would have nobody, and
// is refused.
type sourceSet struct {
	Networks  []sourceNetwork `yaml:"networks"`
	Countries []sourceCountry `yaml:"countries"`
	ASNs      []int           `yaml:"asns"`
	Lists     []string        `yaml:"lists"`
}

// check returns what is wrong with the rules, and at which place below sources.
func (s sourceRules) check() (at string, err error) {
	names := map[string]bool{}
	for i, r := range s {
		if at, err := r.check(); err != nil {
			return fmt.Sprintf("[%d]%s", i, at), fmt.Errorf("source rule %.100q: %w", r.Name, err)
		}
		if names[r.Name] {
			return fmt.Sprintf("[%d].name", i), fmt.Errorf("source rule %.100q: the name is there twice", r.Name)
		}
		names[r.Name] = true
	}
	return "", nil
}

func (r sourceRule) check() (at string, err error) {
	if !oneLine(r.Name) {
		return ".name", errors.New("a name is one line of at most 100 bytes")
	}
	if !oneLine(r.Reason) {
		return ".reason", errors.New("a reason is one line of at most 100 bytes: say why there is the rule")
	}
	if r.LooksAt == 0 {
		return ".name", errors.New("looks_at is missing: registrar, browser or publisher")
	}
	sets := 0
	for _, part := range []struct {
		key string
		set *sourceSet
	}{{"allow", r.Allow}, {"deny", r.Deny}, {"require", r.Require}} {
		if part.set == nil {
			continue
		}
		sets++
		if at, err := part.set.check(); err != nil {
			return "." + part.key + at, err
		}
	}
	if sets != 1 {
		return ".name", errors.New("a rule has one of allow, deny and require")
	}
	return "", nil
}

func oneLine(s string) bool {
	const longest = 100
	return strings.TrimSpace(s) != "" && len(s) <= longest && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

func (s *sourceSet) check() (at string, err error) {
	empty := errors.New("an empty list has nobody: name some, or take it away")
	for _, list := range []struct {
		key   string
		empty bool
	}{
		{".networks", s.Networks != nil && len(s.Networks) == 0}, {".countries", s.Countries != nil && len(s.Countries) == 0},
		{".asns", s.ASNs != nil && len(s.ASNs) == 0}, {".lists", s.Lists != nil && len(s.Lists) == 0},
	} {
		if list.empty {
			return list.key, empty
		}
	}
	if len(s.Networks)+len(s.Countries)+len(s.ASNs)+len(s.Lists) == 0 {
		return "", empty
	}
	const largest = 1<<32 - 1
	for i, n := range s.ASNs {
		if n < 1 || n > largest {
			return fmt.Sprintf(".asns[%d]", i), fmt.Errorf("%d is no autonomous system", n)
		}
	}
	for i, name := range s.Lists {
		if !oneLine(name) {
			return fmt.Sprintf(".lists[%d]", i), errors.New("the name of a list is one line of at most 100 bytes")
		}
	}
	return "", nil
}

// warnings say which clients meet none of the rules: a registration comes from a
// registrar, and a client_id that is a URL with a browser.
func (s sourceRules) warnings() []string {
	looked := map[Party]bool{}
	for _, r := range s {
		looked[r.LooksAt] = true
	}
	var list []string
	if looked[PartyRegistrar] && !looked[PartyBrowser] && !looked[PartyPublisher] {
		list = append(list, "sources: rules look at the registrar, and none at the browser or the publisher: a client whose client_id is a URL is registered by nobody, and meets none of them")
	}
	if looked[PartyBrowser] && !looked[PartyRegistrar] && !looked[PartyPublisher] {
		list = append(list, "sources: rules look at the browser, and none at the registrar or the publisher: a client that registers meets none of them")
	}
	return list
}

// SourceNeeds are what must be known of addresses for the rules of a policy to
// mean anything.
type SourceNeeds struct {
	Countries, ASNs bool
	Lists           []string // names of reputation lists, sorted
}

// needs returns what the rules need.
func (s sourceRules) needs() (n SourceNeeds) {
	for _, r := range s {
		for _, set := range []*sourceSet{r.Allow, r.Deny, r.Require} {
			if set == nil {
				continue
			}
			n.Countries = n.Countries || len(set.Countries) > 0
			n.ASNs = n.ASNs || len(set.ASNs) > 0
			n.Lists = append(n.Lists, set.Lists...)
		}
	}
	slices.Sort(n.Lists)
	n.Lists = slices.Compact(n.Lists)
	return n
}

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
func mustBeInside(is place, rules string, party Party, reason string) []verify.Finding {
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

// A place says whether an origin is in a set, from the least to the most that is
// known to be inside. The zero place is outside.
type place uint8

const (
	outside place = iota
	unknown
	inside
)

// any returns the place of the address that is furthest inside.
func (s *sourceSet) any(origins []Origin) place {
	best := outside
	for _, o := range origins {
		best = max(best, s.has(o))
	}
	return best
}

// all returns the place of the address that is furthest outside.
func (s *sourceSet) all(origins []Origin) place {
	worst := inside
	for _, o := range origins {
		worst = min(worst, s.has(o))
	}
	return worst
}

// has returns the place of one address. It is unknown where no list has it, and
// one of them cannot say.
func (s *sourceSet) has(o Origin) place {
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
