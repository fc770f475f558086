package issuer

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/internal/strictyaml"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// readSources reads the section sources as a policy has it.
func readSources(text string) (sourceRules, error) {
	var file struct {
		Sources sourceRules `yaml:"sources"`
	}
	doc, err := strictyaml.Decode([]byte(text), &file)
	if err != nil {
		return nil, err
	}
	if at, err := file.Sources.check(); err != nil {
		return nil, doc.Fault("sources"+at, err)
	}
	return file.Sources, nil
}

func sourcesIn(t *testing.T, text string) sourceRules {
	t.Helper()
	s, err := readSources(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Where who could be.
var (
	indoors  = Origin{Addr: netip.MustParseAddr("192.0.2.1"), Country: "DE", ASN: 64500, Lists: map[string]bool{"drop": false}}
	listed   = Origin{Addr: netip.MustParseAddr("192.0.2.9"), Country: "DE", ASN: 64500, Lists: map[string]bool{"drop": true}}
	abroad   = Origin{Addr: netip.MustParseAddr("2001:db8::1"), Country: "FR", ASN: 64501, Lists: map[string]bool{"drop": false}}
	bare     = Origin{Addr: netip.MustParseAddr("192.0.2.1")}
	stranger = Origin{Addr: netip.MustParseAddr("203.0.113.1")}
)

const (
	inOffice   = "sources:\n  - {name: office, looks_at: registrar, require: {networks: [192.0.2.0/24]}, reason: ours}\n"
	inGermany  = "sources:\n  - {name: germany, looks_at: registrar, allow: {countries: [DE]}, reason: law}\n"
	notListed  = "sources:\n  - {name: dropped, looks_at: registrar, deny: {lists: [drop]}, reason: floods}\n"
	documents  = "sources:\n  - {name: hosting, looks_at: publisher, require: {asns: [64500]}, reason: our host}\n"
	browsers   = "sources:\n  - {name: staff, looks_at: browser, require: {networks: [192.0.2.0/24]}, reason: staff only}\n"
	allowOrNot = inGermany + "  - {name: france, looks_at: registrar, allow: {countries: [FR]}, reason: a partner}\n" +
		"  - {name: dropped, looks_at: registrar, deny: {lists: [drop]}, reason: floods}\n"
	denyFirst = notListed + "  - {name: germany, looks_at: registrar, allow: {countries: [DE]}, reason: law}\n"
	both      = inOffice + "  - {name: germany, looks_at: registrar, require: {countries: [DE]}, reason: law}\n"
)

func TestSourceRules(t *testing.T) {
	from := func(o Origin) Origins { return Origins{By: PartyRegistrar, Source: o} }
	at := func(o Origin) Origins { return Origins{By: PartyBrowser, Source: o} }
	served := func(list ...Origin) Origins { return Origins{By: PartyRegistrar, Source: indoors, Publisher: list} }
	const ok, out, dark = "", "failed", "unavailable"
	for _, test := range []struct {
		name, rules string
		origins     Origins
		want        string // the status that denies
		says        string
	}{
		{"inside what is required", inOffice, from(indoors), ok, ""},
		{"outside what is required", inOffice, from(abroad), out, "office: the registrar is outside what is allowed: ours"},
		{"no address", inOffice, from(Origin{}), dark, "office: the registrar is unknown, so it is not in what is allowed: ours"},
		{"nothing is known at all", inOffice, Origins{}, dark, "unknown"},
		{"a network is known without files", inOffice, from(bare), ok, ""},
		{"allowed", inGermany, from(indoors), ok, ""},
		{"allowed by nobody", inGermany, from(abroad), out, "germany: the registrar is outside what is allowed"},
		{"a country that is not known", inGermany, from(bare), dark, "germany: the registrar is unknown"},
		{"allowed by the first", allowOrNot, from(indoors), ok, ""},
		{"allowed by the second", allowOrNot, from(abroad), ok, ""},
		{"P5 deny before allow", denyFirst, from(listed), out, "dropped: the registrar is in what it denies: floods"},
		{"P5 deny after allow", allowOrNot, from(listed), out, "dropped: the registrar is in what it denies: floods"},
		{"none of those that allow", allowOrNot, from(stranger), dark, "germany, france: the registrar is unknown"},
		{"on a list", notListed, from(listed), out, "dropped: the registrar is in what it denies: floods"},
		{"on no list", notListed, from(indoors), ok, ""},
		{"required twice", both, from(indoors), ok, ""},
		{"required twice, and once unknown", both, from(bare), dark, "germany"},
		{"required twice, and once outside", both, from(abroad), out, "office"},
		{"a rule on browsers and a registrar", browsers, from(abroad), ok, ""},
		{"a rule on registrars and a browser", inOffice, at(abroad), ok, ""},
		{"a browser inside", browsers, at(indoors), ok, ""},
		{"a browser outside", browsers, at(abroad), out, "staff: the browser is outside"},
		{"a document of the right network", documents, served(indoors), ok, ""},
		{"a document of another", documents, served(abroad), out, "hosting: the publisher is outside"},
		{"two documents, and one of another", documents, served(indoors, abroad), out, "hosting"},
		{"two documents, and one from nowhere", documents, served(indoors, Origin{}), dark, "hosting: the publisher is unknown"},
		{"no document", documents, served(), dark, "hosting: the publisher is unknown"},
		{"a denied document beside a good one", strings.Replace(documents, "require", "deny", 1), served(abroad, indoors), out, "hosting: the publisher is in what it denies"},
		{"no rules", "sources: []\n", from(Origin{}), ok, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			found, denied := sourcesIn(t, test.rules).judge(test.origins)
			if denied != (test.want != ok) {
				t.Fatalf("denied: %t, found %+v", denied, found)
			}
			i := slices.IndexFunc(found, func(f verify.Finding) bool { return f.Reason == metadata.ReasonSourceDenied })
			if !denied {
				if i >= 0 {
					t.Errorf("found %+v", found[i])
				}
				return
			}
			if f := found[i]; f.Check != CheckSource || f.Status.String() != test.want || !strings.Contains(f.Detail, test.says) {
				t.Errorf("found %s %s %q, want %s %q", f.Check, f.Status, f.Detail, test.want, test.says)
			}
		})
	}
}

// A fault never raises trust: whatever is not known of an address, a party that
// must be inside is not let in for it; that it was not denied for it is told.
func TestUnknownSource(t *testing.T) {
	for name, o := range map[string]Origin{"no address": {}, "no file": bare} {
		for _, rules := range []string{inGermany, strings.Replace(inGermany, "allow", "require", 1)} {
			if _, denied := sourcesIn(t, rules).judge(Origins{By: PartyRegistrar, Source: o}); !denied {
				t.Errorf("%s is let in by %s", name, rules)
			}
		}
		found, denied := sourcesIn(t, notListed).judge(Origins{By: PartyRegistrar, Source: o})
		want := []verify.Finding{{Check: CheckSource, Status: verify.Skipped, Detail: "dropped: the registrar is unknown, and not denied for that"}}
		if diff := cmp.Diff(want, found); denied || diff != "" {
			t.Errorf("%s: denied %t, %s", name, denied, diff)
		}
	}
}

// What somebody knows of an address is in no finding.
func TestSourceFindingsHaveNoAddress(t *testing.T) {
	found, _ := sourcesIn(t, inOffice).judge(Origins{By: PartyRegistrar, Source: abroad})
	for _, f := range found {
		if strings.Contains(f.Detail, "2001:db8") || strings.Contains(f.Detail, "FR") || f.Evidence != (verify.Evidence{}) {
			t.Errorf("%+v", f)
		}
	}
}

func TestSourceRulesRefused(t *testing.T) {
	rule := func(rest string) string { return "sources:\n  - {name: x, " + rest + "}\n" }
	for _, test := range []struct{ name, text, want string }{
		{"P3 no network", rule("looks_at: registrar, allow: {networks: []}, reason: y"), `[2:54] source rule "x": an empty list has nobody`},
		{"P3 no country beside networks", rule("looks_at: registrar, require: {networks: [192.0.2.0/24], countries: []}, reason: y"), "an empty list has nobody"},
		{"P3 no ASN", rule("looks_at: registrar, deny: {asns: []}, reason: y"), "an empty list has nobody"},
		{"P3 no list", rule("looks_at: registrar, deny: {lists: []}, reason: y"), "an empty list has nobody"},
		{"P3 nothing at all", rule("looks_at: registrar, allow: {}, reason: y"), "an empty list has nobody"},
		{"everybody", rule("looks_at: registrar, allow: {networks: [0.0.0.0/0]}, reason: y"), `[2:55] "0.0.0.0/0" is everybody`},
		{"an address", rule("looks_at: registrar, allow: {networks: [192.0.2.1]}, reason: y"), `"192.0.2.1" is no network`},
		{"bits after the length", rule("looks_at: registrar, allow: {networks: [192.0.2.1/24]}, reason: y"), "192.0.2.0/24 is the network"},
		{"a country in lower case", rule("looks_at: registrar, allow: {countries: [de]}, reason: y"), `"de" is no country such as DE`},
		{"a country by name", rule("looks_at: registrar, allow: {countries: [Germany]}, reason: y"), `"Germany" is no country`},
		{"an ASN with letters", rule("looks_at: registrar, allow: {asns: [AS64500]}, reason: y"), "a whole number is meant"},
		{"ASN 0", rule("looks_at: registrar, allow: {asns: [1, 0]}, reason: y"), "[2:54] source rule \"x\": 0 is no autonomous system"},
		{"an ASN that is too large", rule("looks_at: registrar, allow: {asns: [4294967296]}, reason: y"), "4294967296 is no autonomous system"},
		{"a list without a name", rule(`looks_at: registrar, allow: {lists: [" "]}, reason: y`), "the name of a list is one line"},
		{"another party", rule("looks_at: everybody, allow: {asns: [1]}, reason: y"), `"everybody" is none of registrar, browser and publisher`},
		{"no party", rule("allow: {asns: [1]}, reason: y"), "looks_at is missing"},
		{"no reason", rule("looks_at: registrar, allow: {asns: [1]}"), "a reason is one line"},
		{"a reason in two lines", rule(`looks_at: registrar, allow: {asns: [1]}, reason: "a\nb"`), "a reason is one line"},
		{"no name", "sources:\n  - {looks_at: registrar, allow: {asns: [1]}, reason: y}\n", "a name is one line"},
		{"no set", rule("looks_at: registrar, reason: y"), "one of allow, deny and require"},
		{"two sets", rule("looks_at: registrar, allow: {asns: [1]}, deny: {asns: [2]}, reason: y"), "one of allow, deny and require"},
		{"an unknown key", rule("looks_at: registrar, allow: {cidrs: [192.0.2.0/24]}, reason: y"), `unknown field "cidrs"`},
		{"a name twice", inOffice + "  - {name: office, looks_at: browser, deny: {asns: [1]}, reason: y}\n", `[3:12] source rule "office": the name is there twice`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := readSources(test.text); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v\nwant %q", err, test.want)
			}
		})
	}
}

func TestSourceWarnings(t *testing.T) {
	for name, test := range map[string]struct{ rules, want string }{
		"the registrar alone":           {inOffice, "a client whose client_id is a URL is registered by nobody"},
		"the browser alone":             {browsers, "a client that registers meets none of them"},
		"the publisher":                 {documents, ""},
		"the registrar and a document":  {inOffice + strings.TrimPrefix(documents, "sources:\n"), ""},
		"the registrar and the browser": {inOffice + strings.TrimPrefix(browsers, "sources:\n"), ""},
	} {
		got := strings.Join(sourcesIn(t, test.rules).warnings(), "\n")
		if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestSourceNeeds(t *testing.T) {
	for rules, want := range map[string]SourceNeeds{
		inOffice:   {},
		documents:  {ASNs: true},
		allowOrNot: {Countries: true, Lists: []string{"drop"}},
		notListed + "  - {name: b, looks_at: browser, deny: {lists: [tor, drop]}, reason: y}\n": {Lists: []string{"drop", "tor"}},
	} {
		if diff := cmp.Diff(want, sourcesIn(t, rules).needs()); diff != "" {
			t.Errorf("%s%s", rules, diff)
		}
	}
}
