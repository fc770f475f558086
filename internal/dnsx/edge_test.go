package dnsx

import (
	"fmt"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/fc28f635/countersign/internal/limits"
)

// The library never gives an escape beyond a byte; another one might.
func TestEscapesAtTheEdge(t *testing.T) {
	for text, want := range map[string]string{`\000`: "\x00", `\255`: "\xff", `\"\\`: `"\`, `\256`: "", `\25`: "", `\2x5`: "", `\25x`: "", `\0:1`: "", `\00:`: "", `\-01`: "-01", `\`: ""} {
		var b strings.Builder
		if err := unescape(&b, text); (err == nil) != (want != "") || err == nil && b.String() != want {
			t.Errorf("%s is %q, %v", text, b.String(), err)
		}
	}
}

func TestMalformedEscapeIsNoRecord(t *testing.T) {
	rr := &dns.TXT{Hdr: dns.RR_Header{Name: owner + ".", Rrtype: dns.TypeTXT, Class: dns.ClassINET, Ttl: 300}, Txt: []string{"a", `\256`}}
	if got, err := read(&dns.Msg{Answer: []dns.RR{rr}}, owner); err == nil || got.texts != nil {
		t.Errorf("read as %+v, %v", got, err)
	}
}

func TestNamesAtTheEdge(t *testing.T) {
	long := strings.Repeat("a.", 122) + "example" // 251 bytes
	for name, want := range map[string]bool{
		"a.b": true, "a": false, "a.": false, ".a": false, "a..b": false, "a b.c": false, "_a-1.B": true,
		"a." + long: true, "aa." + long: false,
		strings.Repeat("a", 63) + ".b": true, strings.Repeat("a", 64) + ".b": false,
	} {
		if err := checkName(name); (err == nil) != want {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// What a stranger wrote is shown up to 100 bytes.
func TestQuotesAreCut(t *testing.T) {
	for n, want := range map[int]int{99: 101, 100: 102, 101: 102, 1000: 102} {
		if got := quote(strings.Repeat("a", n)); len(got) != want {
			t.Errorf("%d bytes are shown as %s", n, got)
		}
	}
}

func TestStatus(t *testing.T) {
	for code, want := range map[int]string{dns.RcodeRefused: "REFUSED", 12: "response code 12", 4095: "response code 4095"} {
		if got := status(code); got != want {
			t.Errorf("%d is %q, want %q", code, got, want)
		}
	}
}

func TestTTLAtTheEdge(t *testing.T) {
	for wire, want := range map[uint32]uint32{0: 0, 1: 1, 1<<31 - 1: 1<<31 - 1, 1 << 31: 0, 1<<32 - 1: 0} {
		if got := ttl(wire); got != want {
			t.Errorf("D17 a TTL of %d counts as %d, want %d", wire, got, want)
		}
	}
}

// Of the name servers of a zone no more are asked than the limit.
func TestManyNameServers(t *testing.T) {
	var records []dns.RR
	for i := range limits.DNSServers + 1 {
		records = append(records, mustRR(t, fmt.Sprintf("acme.test. 300 IN NS ns%02d.acme.test.", i)))
	}
	if got := serverNames(records, "acme.test"); len(got) != limits.DNSServers {
		t.Errorf("%d of %d", len(got), len(records))
	}
	if got := serverNames(records[:limits.DNSServers], "acme.test"); len(got) != limits.DNSServers {
		t.Errorf("%d of %d", len(got), limits.DNSServers)
	}
}

// A cache of HTTP held the answer for as long as it says, if it says that.
func TestAge(t *testing.T) {
	for text, want := range map[string]uint32{"": 300, "0": 300, "x": 300, "-1": 300, "1.5": 300, "290": 10, "300": 0, "301": 0, "4294967296": 0, strings.Repeat("9", 30): 0} {
		m := &dns.Msg{Answer: []dns.RR{mustRR(t, txt(owner, record))}, Ns: []dns.RR{mustRR(t, "test. 300 IN SOA ns.test. root.test. 1 2 3 4 60")}}
		age(m, text)
		if got, ns := m.Answer[0].Header().Ttl, m.Ns[0].Header().Ttl; got != want || ns != want {
			t.Errorf("D39 Age %q leaves %d and %d of 300 seconds, want %d", text, got, ns, want)
		}
	}
}

// A connection is moved to loopback or not at all, whether or not anybody would
// answer elsewhere.
func TestConnectionsMoveToLoopbackOnly(t *testing.T) {
	const asked = "192.0.2.1:53"
	for to, want := range map[string]bool{asked: true, "127.0.0.1:5353": true, "[::1]:53": true, "192.0.2.9:53": false, "10.0.0.1:53": false, "localhost:53": false, "": false} {
		r, err := New(Config{Upstreams: []Upstream{{Address: asked}}, ConnectTo: func(string) string { return to }})
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.connectTo(asked)
		if (err == nil) != want || err == nil && got.String() != to {
			t.Errorf("moved to %q: %s, %v", to, got, err)
		}
	}
}
