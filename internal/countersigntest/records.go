package countersigntest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/miekg/dns"
	"golang.org/x/net/publicsuffix"
)

// root is the zone in which all others are: a name in none of them is absent
// with the authority of the root.
const root = `. 300 IN SOA a.root.test. hostmaster.root.test. 1 3600 600 86400 60
. 300 IN NS a.root.test.
a.root.test. 300 IN A 127.0.0.1
`

// records are the records of every zone by owner, in canonical form. A name
// with an SOA record is the apex of a zone.
type records struct {
	mu   sync.RWMutex
	sets map[string][]dns.RR
}

func newRecords() *records {
	r := &records{sets: make(map[string][]dns.RR)}
	_ = r.add(root)
	return r
}

// add adds the records of a master file, all or none.
func (r *records) add(text string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.addLocked(text)
}

func (r *records) addLocked(text string) error {
	var list []dns.RR
	parser := dns.NewZoneParser(strings.NewReader(text), ".", "")
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		list = append(list, rr)
	}
	if err := parser.Err(); err != nil {
		return fmt.Errorf("reading a zone: %w", err)
	}
	for _, rr := range list {
		owner := dns.CanonicalName(rr.Header().Name)
		r.sets[owner] = append(r.sets[owner], rr)
	}
	return nil
}

// setTXT replaces the TXT records of a name; without texts it removes them.
func (r *records) setTXT(name string, texts []string) {
	owner := dns.CanonicalName(name)
	r.mu.Lock()
	defer r.mu.Unlock()
	set := slices.DeleteFunc(r.sets[owner], func(rr dns.RR) bool { return rr.Header().Rrtype == dns.TypeTXT })
	for _, text := range texts {
		set = append(set, &dns.TXT{Txt: characterStrings(text),
			Hdr: dns.RR_Header{Name: owner, Rrtype: dns.TypeTXT, Class: dns.ClassINET, Ttl: 300}})
	}
	if len(set) == 0 {
		delete(r.sets, owner)
		return
	}
	r.sets[owner] = set
}

// characterStrings cuts a text into strings of at most 255 bytes (RFC 1035,
// Section 3.3), in which the library reads a backslash as an escape.
func characterStrings(text string) []string {
	const longest = 255
	var list []string
	for len(text) > longest {
		list, text = append(list, text[:longest]), text[longest:]
	}
	list = append(list, text)
	for i, s := range list {
		list[i] = strings.ReplaceAll(s, `\`, `\\`)
	}
	return list
}

// addHost makes the zone that host is in, where there is none, and gives the
// host an address.
func (r *records) addHost(host string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	zone, text := zoneOf(host), ""
	if !r.has(zone, dns.TypeSOA) {
		text += fmt.Sprintf("%s 300 IN SOA ns1.%[1]s hostmaster.%[1]s 1 3600 600 86400 60\n", zone)
		text += fmt.Sprintf("%s 300 IN NS ns1.%[1]s\nns1.%[1]s 300 IN A 127.0.0.1\n", zone)
	}
	if host = dns.CanonicalName(host); !strings.HasPrefix(host, "_") && !r.has(host, dns.TypeA) {
		text += host + " 300 IN A 127.0.0.1\n"
	}
	_ = r.addLocked(text) // a host that no record can name is never asked for
}

// zoneOf returns the zone that a name is put in: its registrable domain, which
// for a public suffix is itself.
func zoneOf(name string) string {
	name = strings.TrimSuffix(dns.CanonicalName(name), ".")
	if zone, err := publicsuffix.EffectiveTLDPlusOne(name); err == nil {
		name = zone
	}
	return dns.CanonicalName(name)
}

// has needs the lock.
func (r *records) has(name string, qtype uint16) bool {
	return slices.ContainsFunc(r.sets[name], func(rr dns.RR) bool { return rr.Header().Rrtype == qtype })
}

// text returns the records at and below a name as a master file, the apex first.
func (r *records) text(name string) string {
	name = dns.CanonicalName(name)
	r.mu.RLock()
	defer r.mu.RUnlock()
	owners := slices.SortedFunc(maps.Keys(r.sets), func(a, b string) int {
		return cmp.Or(cmp.Compare(dns.CountLabel(a), dns.CountLabel(b)), cmp.Compare(a, b))
	})
	var b strings.Builder
	for _, owner := range owners {
		if !dns.IsSubDomain(name, owner) {
			continue
		}
		for _, rr := range r.sets[owner] {
			b.WriteString(rr.String() + "\n")
		}
	}
	return b.String()
}

// AddZone adds the records of a master file (RFC 1035, Section 5) with absolute
// names. A name with an SOA record is the apex of a zone; names in no zone
// belong to the root's.
func (w *World) AddZone(text string) error { return w.names.add(text) }

// Zone returns the records at and below domain as a master file.
func (w *World) Zone(domain string) string { return w.names.text(domain) }

// SetTXT replaces the TXT records of name, one for each text; without texts it
// removes them. The zone is made where there is none.
func (w *World) SetTXT(name string, texts ...string) {
	w.names.addHost(name)
	w.names.setTXT(name, texts)
}
