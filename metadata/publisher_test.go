package metadata_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/metadata"
)

func TestParsePublisher(t *testing.T) {
	tests := []struct {
		name, iss string
		ok        bool
	}{
		{"plain", "https://acme.example", true},
		{"below", "https://a.b.c.acme.example", true},
		{"digits", "https://1.acme2.example", true},
		{"first and last letters and digits", "https://az09.example", true},
		{"U9 hyphens fourth and fifth", "https://abc--d.example", true},
		{"U10 A-label", "https://xn--cme-qla.example", true},
		{"U10 A-label of a deviation character", "https://xn--strae-oqa.example", true},
		{"U12 special-use name parses", "https://a.test", true},
		{"U12 name of a cluster parses", "https://kubernetes.default.svc", true},
		{"U9 label of 63", "https://" + strings.Repeat("a", 63) + ".example", true},

		{"empty", "", false},
		{"scheme alone", "https://", false},
		{"http", "http://acme.example", false},
		{"U1 scheme in capitals", "HTTPS://acme.example", false},
		{"U1 no scheme", "acme.example", false},
		{"U15 one slash", "https:/acme.example", false},
		{"U15 three slashes", "https:///acme.example", false},
		{"slash", "https://acme.example/", false},
		{"path", "https://acme.example/a", false},
		{"query", "https://acme.example?", false},
		{"fragment", "https://acme.example#", false},
		{"user", "https://a@acme.example", false},
		{"port", "https://acme.example:443", false},
		{"space before", " https://acme.example", false},
		{"space after", "https://acme.example ", false},
		{"line feed after", "https://acme.example\n", false},
		{"NUL", "https://acme.example\x00", false},
		{"capital", "https://Acme.example", false},
		{"U9 trailing dot", "https://acme.example.", false},
		{"U9 empty label", "https://acme..example", false},
		{"U9 dot first", "https://.acme.example", false},
		{"U9 label of 64", "https://" + strings.Repeat("a", 64) + ".example", false},
		{"U9 254 octets", "https://" + strings.Repeat("abcdefghi.", 25) + "abcd", false},
		{"U9 hyphen first", "https://-a.example", false},
		{"U9 hyphen last", "https://a-.example", false},
		{"U9 hyphens third and fourth", "https://ab--c.example", false},
		{"U9 a sign before a", "https://a`b.example", false},
		{"U9 a sign behind z", "https://a{b.example", false},
		{"U9 a sign before 0", "https://a/b.example", false},
		{"U9 a sign behind 9", "https://a:b.example", false},
		{"U9 underscore", "https://a_b.example", false},
		{"U9 single label", "https://acme", false},
		{"U9 numeric top level", "https://acme.123", false},
		{"U9 top level that begins with a digit", "https://acme.0x1f", false},
		{"U9 top level that begins with the last digit", "https://acme.9x", false},
		{"U9 wildcard", "https://*.acme.example", false},
		{"J71 U-label", "https://äcme.example", false},
		{"J71 decomposed U-label", "https://a\u0308cme.example", false},
		{"J71 full-width dot", "https://acme．example", false},
		{"J71 ideographic full stop", "https://acme。example", false},
		{"J71 soft hyphen", "https://ac\u00adme.example", false},
		{"J71 zero-width joiner", "https://ac\u200dme.example", false},
		{"U10 mixed script", "https://раypal.example", false},
		{"U10 percent encoding", "https://acme%2eexample", false},
		{"U10 A-label that decodes to ASCII", "https://xn--acme-.example", false},
		{"U10 A-label that decodes to nothing", "https://xn--.example", false},
		{"U10 A-label that is no punycode", "https://xn--0.example", false},
		{"U10 A-label that is no punycode below a short top level", "https://xn--0.com", false},
		{"U10 A-label in capitals", "https://XN--cme-qla.example", false},
		{"U10 A-label with a capital", "https://xn--CME-qla.example", false},
		{"U10 A-label of a full-width letter", "https://xn--cme-n76s.example", false},
		{"U10 A-label of a zero-width joiner", "https://xn--acme-676a.example", false},
		{"U10 A-label that mixes directions", "https://xn--a-0hc.example", false},
		{"U10 A-label that is not composed", "https://xn--acme-vwc.example", false},
		{"U10 A-label of an enclosed number", "https://xn--csh.example", false},
		{"U11 IPv4", "https://127.0.0.1", false},
		{"U11 public IPv4", "https://8.8.8.8", false},
		{"U11 IPv6", "https://[::1]", false},
		{"U11 number", "https://2130706433", false},
		{"U11 hexadecimal", "https://0x7f000001", false},
		{"U11 octal", "https://0177.0.0.1", false},
		{"U11 short", "https://127.1", false},
		{"U12 localhost", "https://localhost", false},
		{"D31 ICANN suffix", "https://co.uk", false},
		{"D31 top level", "https://com", false},
		{"D31 private suffix", "https://github.io", false},
		{"D31 private suffix pages.dev", "https://pages.dev", false},
		{"D31 wildcard rule", "https://any.ck", false},
		{"D31 exception rule", "https://www.ck", true},
		{"D31 below a private suffix", "https://acme.github.io", true},
		{"D31 below an unlisted top level", "https://acme.unlisted", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := metadata.ParsePublisher(tt.iss)
			if (err == nil) != tt.ok {
				t.Fatalf("%q: %v, want accepted %v", tt.iss, err, tt.ok)
			}
			if err != nil {
				if !p.IsZero() {
					t.Errorf("%q: not zero with an error: %v", tt.iss, p)
				}
				return
			}
			if p.String() != tt.iss {
				t.Errorf("%q prints as %q", tt.iss, p)
			}
		})
	}
}

func TestPublisherText(t *testing.T) {
	var p metadata.Publisher
	if p.String() != "" || !p.IsZero() || p.Domain() != "" {
		t.Errorf("the zero publisher is %q", p)
	}
	if err := p.UnmarshalText([]byte("https://acme.example")); err != nil || p != metadata.MustPublisher("https://acme.example") {
		t.Errorf("%v, %v", p, err)
	}
	if text, err := p.MarshalText(); err != nil || string(text) != "https://acme.example" {
		t.Errorf("%s, %v", text, err)
	}
	if err := p.UnmarshalText([]byte("https://Acme.example")); err == nil {
		t.Error("a capital is accepted")
	}
	if err := p.UnmarshalText(nil); err != nil || !p.IsZero() {
		t.Errorf("empty text gives %v, %v", p, err)
	}
	if got := metadata.MustPublisher("https://acme.example").PublisherDocumentURL(); got != "https://acme.example/.well-known/client-publisher.json" {
		t.Error(got)
	}
	if got := metadata.MustPublisher("https://acme.example").KeyRecordName(); got != "_client-key.acme.example" {
		t.Error(got)
	}
}

func TestSpecialUse(t *testing.T) {
	for domain, want := range map[string]bool{
		"acme.example": true, "a.test": true, "a.internal": true, "a.home.arpa": true, "a.onion": true, "foo.localhost": true,
		"a.example.com": true, "printer.local": true, "acme.dev": false, "notexample.com": false, "example.acme.com": false, "atest.com": false,
	} {
		p, err := metadata.PublisherOf(domain)
		if err != nil {
			t.Fatal(err)
		}
		if p.SpecialUse() != want {
			t.Errorf("%s: special use %v, want %v", domain, !want, want)
		}
	}
}

// What is asked about need not be a publisher.
func TestSpecialUseOfAnyName(t *testing.T) {
	for name, want := range map[string]bool{
		"_client-key.Acme.TEST": true, "test": true, "home.arpa": true, "ns1.example.com": true, "": false, "dev": false, "_x.acme.dev": false,
	} {
		if metadata.SpecialUse(name) != want {
			t.Errorf("%q: special use %v, want %v", name, !want, want)
		}
	}
}

func TestWalk(t *testing.T) {
	tests := []struct {
		name, domain string
		want         []string
	}{
		{"registrable domain", "acme.com", []string{"acme.com"}},
		{"two below", "a.b.acme.com", []string{"a.b.acme.com", "b.acme.com", "acme.com"}},
		{"four names at most", "a.b.c.d.acme.com", []string{"a.b.c.d.acme.com", "b.c.d.acme.com", "c.d.acme.com", "d.acme.com"}},
		{"D31 never at an ICANN suffix", "acme.co.uk", []string{"acme.co.uk"}},
		{"D31 never at or above a private suffix", "a.acme.github.io", []string{"a.acme.github.io", "acme.github.io"}},
		{"D31 unlisted top level", "a.acme.unlisted", []string{"a.acme.unlisted", "acme.unlisted"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := metadata.PublisherOf(tt.domain)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, w := range p.Walk() {
				got = append(got, w.Domain())
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("walk (-want +got):\n%s", d)
			}
		})
	}
}

func TestRegistrableDomain(t *testing.T) {
	for domain, want := range map[string]string{
		"acme.com": "acme.com", "a.b.acme.com": "acme.com", "shop.acme.co.uk": "acme.co.uk",
		"acme.github.io": "acme.github.io", "a.acme.github.io": "acme.github.io", "pub.acme.example": "acme.example",
	} {
		p, err := metadata.PublisherOf(domain)
		if err != nil || p.RegistrableDomain() != want {
			t.Errorf("%s: %s, %v, want %s", domain, p.RegistrableDomain(), err, want)
		}
	}
	if (metadata.Publisher{}).RegistrableDomain() != "" {
		t.Error("nobody has one")
	}
}
