package metadata

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// A Publisher is the domain that vouches for a piece of software: lower-case
// A-labels, no trailing dot, at least two labels, no port. Publishers are
// comparable. The zero Publisher is invalid and matches nothing.
type Publisher struct{ domain string }

// ParsePublisher parses an iss claim: an https origin and nothing more, such as
// "https://pub.example". It accepts only the canonical form and never repairs,
// so that two different inputs never name one Publisher.
func ParsePublisher(iss string) (Publisher, error) {
	host, ok := strings.CutPrefix(iss, "https://")
	if !ok {
		return Publisher{}, fmt.Errorf("%s is no https origin", quote(iss))
	}
	p, err := PublisherOf(host)
	if err != nil {
		return Publisher{}, fmt.Errorf("%s is no canonical https origin: %w", quote(iss), err)
	}
	return p, nil
}

// PublisherOf returns the publisher of a host, which must be a domain in
// canonical form.
func PublisherOf(host string) (Publisher, error) {
	if err := checkDomain(host); err != nil {
		return Publisher{}, err
	}
	return Publisher{domain: host}, nil
}

type constString string

// MustPublisher is for constants and tests: it compiles only for literals, and
// panics where they are no publisher.
func MustPublisher(iss constString) Publisher {
	p, err := ParsePublisher(string(iss))
	if err != nil {
		panic(err)
	}
	return p
}

// IsZero reports whether p is the zero Publisher.
func (p Publisher) IsZero() bool { return p.domain == "" }

// Domain returns the domain, such as "pub.example".
func (p Publisher) Domain() string { return p.domain }

// String returns the origin, such as "https://pub.example", and the empty
// string for the zero Publisher.
func (p Publisher) String() string {
	if p.IsZero() {
		return ""
	}
	return "https://" + p.domain
}

// MarshalText implements encoding.TextMarshaler.
func (p Publisher) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler. The empty text is the zero
// Publisher.
func (p *Publisher) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*p = Publisher{}
		return nil
	}
	parsed, err := ParsePublisher(string(text))
	if err != nil {
		return err
	}
	*p = parsed
	return nil
}

// RegistrableDomain returns the domain below the public suffix (public suffix
// list, ICANN and PRIVATE sections): whoever registered it is answerable for all
// that is below. Empty for the zero Publisher.
func (p Publisher) RegistrableDomain() string { return registrable(p.domain) }

// SpecialUse reports whether the publisher's domain is under a special-use
// top-level name (RFC 6761 and the IANA registry): well-formed, and never
// looked up unless loopback is allowed.
func (p Publisher) SpecialUse() bool { return SpecialUse(p.domain) }

// KeyRecordName returns the DNS name of the publisher's key records, without
// trailing dot.
func (p Publisher) KeyRecordName() string { return keyRecordLabel + "." + p.domain }

// PublisherDocumentURL returns the address of the publisher document.
func (p Publisher) PublisherDocumentURL() string {
	return p.String() + "/.well-known/client-publisher.json"
}

// Walk returns the publishers whose key records are asked for p, in order: p
// itself, then its parents below the public suffix (public suffix list, ICANN
// and PRIVATE sections), four at most.
func (p Publisher) Walk() []Publisher {
	const most = 4
	walk := []Publisher{p}
	for name := p.domain; len(walk) < most; {
		_, parent, ok := strings.Cut(name, ".")
		if !ok || isPublicSuffix(parent) {
			break
		}
		walk = append(walk, Publisher{domain: parent})
		name = parent
	}
	return walk
}

// isPublicSuffix reports whether name is a public suffix, as each single label is.
func isPublicSuffix(name string) bool {
	suffix, _ := publicsuffix.PublicSuffix(name)
	return suffix == name
}

var errNotDomain = errors.New("the host is no domain in canonical form")

// checkDomain is checkHostSyntax, and refuses public suffixes: a name under
// which strangers register has no publisher.
func checkDomain(host string) error {
	if err := checkHostSyntax(host); err != nil {
		return err
	}
	if isPublicSuffix(host) {
		return errors.New("the host is a public suffix")
	}
	return nil
}

// checkHostSyntax accepts what every parser reads alike as a domain: two or
// more lower-case A-labels of letters, digits and hyphens, no trailing dot, the
// last label not a number (so no IPv4 address in any spelling), and valid
// IDNA2008 where a label is punycode.
func checkHostSyntax(host string) error {
	if len(host) > 253 {
		return errNotDomain
	}
	var labels, start int
	for i := 0; i <= len(host); i++ {
		if i < len(host) && host[i] != '.' {
			c := host[i]
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
				return errNotDomain
			}
			continue
		}
		label := host[start:i]
		if len(label) == 0 || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return errNotDomain
		}
		if i == len(host) && label[0] >= '0' && label[0] <= '9' {
			return errNotDomain
		}
		labels++
		start = i + 1
	}
	if labels < 2 {
		return errNotDomain
	}
	if strings.Contains(host, "--") { // punycode, or hyphens that strictIDNA may refuse
		if ascii, err := strictIDNA.ToASCII(host); err != nil || ascii != host {
			return errNotDomain
		}
		unicode, err := strictIDNA.ToUnicode(host)
		if err != nil {
			return errNotDomain
		}
		if again, err := strictIDNA.ToASCII(unicode); err != nil || again != host {
			return errNotDomain
		}
	}
	return nil
}

var strictIDNA = idna.New(
	idna.ValidateLabels(true), idna.StrictDomainName(true), idna.CheckHyphens(true),
	idna.CheckJoiners(true), idna.BidiRule(), idna.VerifyDNSLength(true))

// specialUseNames are the special-use domain names under which no public
// client can live (IANA special-use domain names registry; RFC 6761, RFC 6762,
// RFC 7686, RFC 8375, RFC 9476) and the names that private networks use.
var specialUseNames = []string{
	"alt", "arpa" /* home.arpa too */, "example", "internal", "invalid", "local",
	"localhost", "onion", "test", "example.com", "example.net", "example.org",
	"corp", "home", "lan", "intranet", "private",
}

// SpecialUse reports whether a domain without trailing dot, which need not be a
// publisher's, is or is under a special-use name.
func SpecialUse(domain string) bool {
	domain = strings.ToLower(domain)
	for _, name := range specialUseNames {
		if domain == name || strings.HasSuffix(domain, "."+name) {
			return true
		}
	}
	return false
}
