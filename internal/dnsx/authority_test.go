package dnsx

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/verify"
)

func TestAuthorities(t *testing.T) {
	records := []string{
		"acme.test. 300 IN NS ns2.acme.test.", "acme.test. 300 IN NS NS1.other.test.", "test. 300 IN NS a.test.",
		"ns2.acme.test. 300 IN A 192.0.2.2", "ns2.acme.test. 300 IN AAAA 2001:db8::2", "ns1.other.test. 300 IN A 192.0.2.1",
		"lame.test. 300 IN NS ns.lame.test.", "odd.test. 300 IN NS localhost.",
	}
	f := newFake(t, func(q *dns.Msg, _ string) *dns.Msg {
		m := respond(t, q, records)
		m.Answer = slices.DeleteFunc(m.Answer, func(rr dns.RR) bool { return rr.Header().Rrtype != q.Question[0].Qtype })
		return m
	})
	r := newResolver(t, Upstream{Address: f.address})
	want := []Server{{"ns1.other.test", "192.0.2.1:53"}, {"ns2.acme.test", "192.0.2.2:53"}, {"ns2.acme.test", "[2001:db8::2]:53"}}
	for _, domain := range []string{"acme.test", "a.b.ACME.test"} {
		t.Run(domain, func(t *testing.T) {
			zone, servers, err := r.Authorities(t.Context(), domain)
			if err != nil || zone != "acme.test" {
				t.Fatalf("zone %q, %v", zone, err)
			}
			if diff := cmp.Diff(want, servers); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("never a top-level domain", func(t *testing.T) {
		if zone, servers, err := r.Authorities(t.Context(), "nowhere.test"); err == nil {
			t.Errorf("zone %q, %v", zone, servers)
		}
	})
	t.Run("no server has an address", func(t *testing.T) {
		if zone, servers, err := r.Authorities(t.Context(), "lame.test"); err == nil || servers != nil {
			t.Errorf("zone %q, %v", zone, servers)
		}
	})
	t.Run("D38 a name server whose name is none", func(t *testing.T) {
		if zone, servers, err := r.Authorities(t.Context(), "odd.test"); err == nil || f.count("localhost") > 0 {
			t.Errorf("zone %q, %v, asked %q", zone, servers, f.questions())
		}
	})
	t.Run("D38 a domain that is none", func(t *testing.T) {
		before := len(f.questions())
		for _, domain := range []string{"test", "a b.test", ""} {
			if zone, servers, err := r.Authorities(t.Context(), domain); err == nil || !strings.Contains(err.Error(), "no fully qualified name") || len(f.questions()) != before {
				t.Errorf("%q: zone %q, %v, %v", domain, zone, servers, err)
			}
		}
	})
	t.Run("moved by name", func(t *testing.T) {
		r.cfg.ConnectTo = func(address string) string {
			if address == "ns.lame.test:53" {
				return "127.0.0.1:5353"
			}
			return address
		}
		_, servers, err := r.Authorities(t.Context(), "lame.test")
		if diff := cmp.Diff([]Server{{"ns.lame.test", "127.0.0.1:5353"}}, servers); err != nil || diff != "" {
			t.Error(err, diff)
		}
	})
	t.Run("one of its addresses cannot be asked for", func(t *testing.T) {
		half := newFake(t, func(q *dns.Msg, _ string) *dns.Msg {
			m := respond(t, q, []string{"ns1.other.test. 300 IN A 192.0.2.1"})
			if q.Question[0].Qtype == dns.TypeAAAA {
				m.Rcode, m.Answer = dns.RcodeServerFailure, nil
			}
			return m
		})
		servers, err := newResolver(t, Upstream{Address: half.address}).addresses(t.Context(), "ns1.other.test", 53)
		if len(servers) != 1 || err == nil || !strings.Contains(err.Error(), "SERVFAIL") {
			t.Errorf("%v, %v, want one address and why there is no other", servers, err)
		}
	})
	t.Run("over UDP", func(t *testing.T) {
		if n := f.count("tcp"); n > 0 {
			t.Errorf("asked over TCP %d times of %d", n, len(f.questions()))
		}
	})
	t.Run("the next upstream is asked", func(t *testing.T) {
		refusing := newFake(t, func(q *dns.Msg, _ string) *dns.Msg { return new(dns.Msg).SetRcode(q, dns.RcodeRefused) })
		zone, servers, err := newResolver(t, Upstream{Address: refusing.address}, Upstream{Address: f.address}).Authorities(t.Context(), "acme.test")
		if diff := cmp.Diff(want, servers); err != nil || zone != "acme.test" || diff != "" {
			t.Error(zone, err, diff)
		}
		failing := newFake(t, func(q *dns.Msg, _ string) *dns.Msg { return new(dns.Msg).SetRcode(q, dns.RcodeServerFailure) })
		_, _, err = newResolver(t, Upstream{Address: refusing.address}, Upstream{Address: failing.address}).Authorities(t.Context(), "acme.test")
		if err == nil || !strings.Contains(err.Error(), "REFUSED") || !strings.Contains(err.Error(), "SERVFAIL") {
			t.Errorf("%v, want what each upstream answered", err)
		}
	})
	t.Run("special-use names", func(t *testing.T) {
		strict, err := New(Config{Upstreams: []Upstream{{Address: f.address}}})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := strict.Authorities(t.Context(), "acme.test"); err == nil {
			t.Error("asked for")
		}
	})
}

func TestAskAuthority(t *testing.T) {
	for name, tc := range map[string]struct {
		answer    injector
		texts     []string
		absent    bool
		elsewhere bool
	}{
		"records":            {answer: serving(t, keyRecord(), aa), texts: []string{record}},
		"absent":             {answer: serving(t, nil, aa), absent: true},
		"D7 no authority":    {answer: serving(t, keyRecord()), elsewhere: true},
		"no authority, none": {answer: serving(t, nil), elsewhere: true},
		"SERVFAIL":           {answer: func(q *dns.Msg, _ string) *dns.Msg { return new(dns.Msg).SetRcode(q, dns.RcodeServerFailure) }},
		"alias elsewhere":    {answer: serving(t, []string{owner + ". 9 IN CNAME k.host.test."}, aa)},
		"D7 NOTAUTH":         {answer: func(q *dns.Msg, _ string) *dns.Msg { return new(dns.Msg).SetRcode(q, dns.RcodeNotAuth) }, elsewhere: true},
		"D7 REFUSED":         {answer: func(q *dns.Msg, _ string) *dns.Msg { return new(dns.Msg).SetRcode(q, dns.RcodeRefused) }, elsewhere: true},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, func(q *dns.Msg, n string) *dns.Msg {
				if q.RecursionDesired {
					t.Error("asked for recursion")
				}
				return tc.answer(q, n)
			})
			r := newResolver(t, Upstream{Address: "192.0.2.1:53"})
			got, err := r.AskAuthority(t.Context(), Server{"ns.acme.test", f.address}, owner)
			if elsewhere := errors.Is(err, ErrNoAuthority); elsewhere != tc.elsewhere {
				t.Errorf("no authority: %v, %v", elsewhere, err)
			}
			if (err == nil) != (tc.texts != nil) || errors.Is(err, verify.ErrNoRecord) != tc.absent || !slices.Equal(got.Texts, tc.texts) {
				t.Errorf("%+v, %v", got, err)
			}
			if got.Server != f.address+" (udp)" || got.Secure || got.Corroborated {
				t.Errorf("%+v", got)
			}
			wantName, wantTTL := owner, time.Duration(0)
			switch {
			case tc.texts != nil:
				wantTTL = 5 * time.Minute
			case tc.absent:
				wantTTL = time.Minute
			case name == "alias elsewhere":
				wantName = "k.host.test"
			}
			if got.Name != wantName || got.TTL != wantTTL {
				t.Errorf("%+v, want the name %s for %v", got, wantName, wantTTL)
			}
		})
	}
	t.Run("D6 more records than are read", func(t *testing.T) {
		var records []string
		for i := range limits.TXTRecords + 1 {
			records = append(records, txt(owner, strconv.Itoa(i)))
		}
		f := newFake(t, serving(t, records, aa))
		got, err := newResolver(t, Upstream{Address: "192.0.2.1:53"}).AskAuthority(t.Context(), Server{"ns.acme.test", f.address}, owner)
		if err == nil || !strings.Contains(err.Error(), "more than 64 TXT records") || got.Texts != nil {
			t.Errorf("%+v, %v", got, err)
		}
	})
	t.Run("nobody listens", func(t *testing.T) {
		got, err := newResolver(t, Upstream{Address: "192.0.2.1:53"}).AskAuthority(t.Context(), Server{"ns.acme.test", "127.0.0.1:1"}, owner)
		if err == nil || errors.Is(err, verify.ErrNoRecord) || got.Texts != nil || !strings.Contains(err.Error(), "127.0.0.1:1 (") {
			t.Errorf("%+v, %v", got, err)
		}
	})
	t.Run("D38 a name that is none", func(t *testing.T) {
		if _, err := newResolver(t, Upstream{Address: "192.0.2.1:53"}).AskAuthority(t.Context(), Server{"ns.acme.test", "127.0.0.1:1"}, "acme"); err == nil || !strings.Contains(err.Error(), "no fully qualified name") {
			t.Errorf("asked for: %v", err)
		}
	})
	t.Run("S1 addresses that are public", func(t *testing.T) {
		for _, address := range []string{"9.9.9.9:53", "[2620:fe::fe]:53"} {
			way, err := newResolver(t, Upstream{Address: "192.0.2.1:53"}).authority(Server{"ns.acme.test", address})
			if err != nil || way.String() != address || way.private() {
				t.Errorf("%s: %v, %v, want a way to it", address, way, err)
			}
		}
	})
	t.Run("S1 addresses that are not public", func(t *testing.T) {
		strict, err := New(Config{Upstreams: []Upstream{{Address: "192.0.2.1:53"}}, Timeout: 300 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		lenient := newResolverWithin(t, 300*time.Millisecond, Upstream{Address: "192.0.2.1:53"})
		for _, address := range []string{"127.0.0.1:53", "[::1]:53", "10.0.0.1:53", "169.254.169.254:53", "[::ffff:10.0.0.1]:53", "0.0.0.0:53", "nonsense"} {
			for _, r := range []*Resolver{strict, lenient} {
				if r == lenient && (strings.HasPrefix(address, "127.") || strings.HasPrefix(address, "[::1]")) {
					continue
				}
				_, err := r.AskAuthority(t.Context(), Server{"ns.acme.test", address}, owner)
				if err == nil || errors.Is(err, errLate) || strings.Contains(err.Error(), "(udp)") {
					t.Errorf("%s: %v, want it never asked", address, err)
				}
			}
		}
	})
}
