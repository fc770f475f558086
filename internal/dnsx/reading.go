package dnsx

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/miekg/dns"

	"github.com/fc28f635/countersign/internal/limits"
)

// A reading is what one complete message says about the TXT records of a name.
// Exactly one of three holds: texts is not empty, absent is true, or name is a
// further name to ask for.
type reading struct {
	texts  []string
	absent bool
	name   string   // the last name of the chain, canonical with trailing dot
	links  []string // the names that are aliases, in order
	ttl    uint32   // of the shortest-lived link, seconds

	// synthesised says that a signature shows a wildcard (RFC 4034, Section
	// 3.1.3); signed that every link has a signature that would show one.
	synthesised, signed bool
}

// read interprets m, a message with status NOERROR or NXDOMAIN, for name. Only
// its answer section counts, and of that only what belongs to the chain; the
// authority section says no more than whether and for how long nothing is there.
// An error means that there is no usable answer.
func read(m *dns.Msg, name string) (reading, error) {
	r := reading{name: dns.CanonicalName(name), ttl: ttlMax, signed: true}
	for {
		set := recordsOf(m, r.name)
		if len(set.aliases) > 0 && len(set.texts) > 0 {
			return r, errors.New("an alias has TXT records beside it")
		}
		if len(set.texts) > 0 {
			if m.Rcode != dns.RcodeSuccess {
				return r, errors.New("the answer denies the name whose records it holds")
			}
			if err := r.link(set.signatures, dns.TypeTXT); err != nil {
				return r, err
			}
			return r, r.hold(set.texts)
		}
		if len(set.aliases) == 0 {
			return r, r.end(m)
		}
		if err := r.follow(m, set); err != nil {
			return r, err
		}
	}
}

// A recordSet is what an answer section holds at one name.
type recordSet struct {
	texts      []*dns.TXT
	aliases    []*dns.CNAME
	signatures []*dns.RRSIG
}

func recordsOf(m *dns.Msg, name string) recordSet {
	var set recordSet
	for _, rr := range m.Answer {
		if rr.Header().Class != dns.ClassINET || dns.CanonicalName(rr.Header().Name) != name {
			continue
		}
		switch rr := rr.(type) {
		case *dns.TXT:
			set.texts = append(set.texts, rr)
		case *dns.CNAME:
			set.aliases = append(set.aliases, rr)
		case *dns.RRSIG:
			set.signatures = append(set.signatures, rr)
		}
	}
	return set
}

// link notes what the signatures over the records of the current name show.
func (r *reading) link(signatures []*dns.RRSIG, covered uint16) error {
	found := false
	for _, sig := range signatures {
		if sig.TypeCovered != covered {
			continue
		}
		found = true
		if !dns.IsSubDomain(dns.CanonicalName(sig.SignerName), r.name) {
			return errors.New("a record is signed by a zone that it is not in")
		}
		if int(sig.Labels) < dns.CountLabel(r.name) {
			r.synthesised = true
		}
	}
	r.signed = r.signed && found
	return nil
}

// follow goes on to the target of the alias at the current name.
func (r *reading) follow(m *dns.Msg, set recordSet) error {
	if len(set.aliases) != 1 {
		return errors.New("a name has more than one alias")
	}
	alias := set.aliases[0]
	if err := checkDNAME(m, alias); err != nil {
		return err
	}
	if err := r.link(set.signatures, dns.TypeCNAME); err != nil {
		return err
	}
	r.ttl = min(r.ttl, ttl(alias.Hdr.Ttl))
	r.links = append(r.links, r.name)
	r.name = dns.CanonicalName(alias.Target)
	return checkChain(r.links, r.name)
}

// checkChain refuses a chain of aliases that is too long or comes back.
func checkChain(links []string, name string) error {
	if len(links) > limits.CNAMELinks {
		return fmt.Errorf("the chain of aliases is longer than %d", limits.CNAMELinks)
	}
	for _, link := range links {
		if link == name {
			return errors.New("the chain of aliases is a loop")
		}
	}
	return nil
}

// checkDNAME refuses an alias that is not the one that a DNAME above it in the
// same answer makes (RFC 6672, Section 3.1).
func checkDNAME(m *dns.Msg, alias *dns.CNAME) error {
	owner, target := dns.CanonicalName(alias.Hdr.Name), dns.CanonicalName(alias.Target)
	for _, rr := range m.Answer {
		d, ok := rr.(*dns.DNAME)
		if !ok || d.Hdr.Class != dns.ClassINET {
			continue
		}
		above := dns.CanonicalName(d.Hdr.Name)
		if above == owner || !dns.IsSubDomain(above, owner) {
			continue
		}
		if strings.TrimSuffix(owner, above)+dns.CanonicalName(d.Target) != target {
			return errors.New("an alias is not what its DNAME makes")
		}
	}
	return nil
}

// hold takes the TXT records of the last name.
func (r *reading) hold(records []*dns.TXT) error {
	if len(records) > limits.TXTRecords {
		return fmt.Errorf("the name has more than %d TXT records", limits.TXTRecords)
	}
	texts, size := make([]string, 0, len(records)), 0
	for _, txt := range records {
		r.ttl = min(r.ttl, ttl(txt.Hdr.Ttl))
		var b strings.Builder
		for _, s := range txt.Txt {
			if err := unescape(&b, s); err != nil {
				return err
			}
		}
		if size += b.Len(); size > limits.TXTBytes {
			return fmt.Errorf("the TXT records of the name are larger than %d bytes", limits.TXTBytes)
		}
		texts = append(texts, b.String())
	}
	r.texts = texts
	return nil
}

// end decides what it means that the last name has neither TXT records nor an
// alias (RFC 2308, Section 2).
func (r *reading) end(m *dns.Msg) error {
	var soa *dns.SOA
	delegated := false
	for _, rr := range m.Ns {
		switch rr := rr.(type) {
		case *dns.SOA:
			if dns.IsSubDomain(dns.CanonicalName(rr.Hdr.Name), r.name) {
				soa = rr
			}
		case *dns.NS:
			delegated = true
		}
	}
	switch {
	case soa != nil:
		r.ttl = min(r.ttl, ttl(soa.Hdr.Ttl), ttl(soa.Minttl))
	case m.Rcode == dns.RcodeSuccess && len(r.links) > 0:
		return nil // the answer ends with an alias: its target is to be asked for
	case m.Rcode == dns.RcodeSuccess && delegated && !m.Authoritative:
		return errors.New("the server refers to others instead of answering")
	default:
		r.ttl = 0
	}
	r.absent = true
	return nil
}

// ttlMax is the largest TTL that there is (RFC 2181, Section 8).
const ttlMax = 1<<31 - 1

func seconds(n uint32) time.Duration { return time.Duration(n) * time.Second }

// ttl returns a TTL as it counts: with the first bit set it is zero (RFC 2181,
// Section 8).
func ttl(seconds uint32) uint32 {
	if seconds > ttlMax {
		return 0
	}
	return seconds
}

// unescape appends the bytes of a character-string, which the library gives in
// the presentation format of RFC 1035, Section 5.1: \" and \\, \DDD for a byte.
func unescape(b *strings.Builder, s string) error {
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		if i++; i == len(s) {
			return errors.New("malformed escape in a TXT record")
		}
		if !digit(s[i]) {
			b.WriteByte(s[i])
			continue
		}
		if i+2 >= len(s) || !digit(s[i+1]) || !digit(s[i+2]) {
			return errors.New("malformed escape in a TXT record")
		}
		n := int(s[i]-'0')*100 + int(s[i+1]-'0')*10 + int(s[i+2]-'0')
		if n > 255 {
			return errors.New("malformed escape in a TXT record")
		}
		b.WriteByte(byte(n))
		i += 2
	}
	return nil
}

func digit(c byte) bool { return '0' <= c && c <= '9' }
