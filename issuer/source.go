package issuer

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"unicode"

	"github.com/fc28f635/countersign/internal/network"
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
	return s.checkReach()
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
	for _, list := range []struct {
		key string
		at  int
	}{{".networks", repeated(networkTexts(s.Networks))}, {".countries", repeated(s.Countries)}, {".asns", repeated(s.ASNs)}, {".lists", repeated(s.Lists)}} {
		if list.at >= 0 {
			return fmt.Sprintf("%s[%d]", list.key, list.at), errors.New("it is there twice")
		}
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
	Countries bool     `json:"countries"`
	ASNs      bool     `json:"asns"`
	Lists     []string `json:"lists"` // names of reputation lists, sorted
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

// A sourceNetwork is a network as a policy writes it.
type sourceNetwork struct{ prefix netip.Prefix }

// UnmarshalText implements encoding.TextUnmarshaler.
func (n *sourceNetwork) UnmarshalText(text []byte) (err error) {
	n.prefix, err = network.Parse(string(text))
	return err
}

func networkTexts(networks []sourceNetwork) []string {
	list := make([]string, len(networks))
	for i, n := range networks {
		list[i] = n.prefix.String()
	}
	return list
}

// A sourceCountry is a country as a policy writes it (ISO 3166-1 alpha-2).
type sourceCountry string

// otherwiseKnown are codes by which people know countries that have another one:
// no file on addresses has them, so that a rule would never meet anybody.
var otherwiseKnown = map[string]string{"UK": "GB", "EL": "GR"}

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *sourceCountry) UnmarshalText(text []byte) error {
	upper := func(b byte) bool { return 'A' <= b && b <= 'Z' }
	if len(text) != 2 || !upper(text[0]) || !upper(text[1]) {
		return fmt.Errorf("%.100q is no country such as DE, two letters in upper case", text)
	}
	if code, ok := otherwiseKnown[string(text)]; ok {
		return fmt.Errorf("%s is %s (ISO 3166-1)", text, code)
	}
	*c = sourceCountry(text)
	return nil
}
