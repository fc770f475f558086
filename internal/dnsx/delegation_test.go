package dnsx

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
)

// The resolver knows the zone above by its NS records; everything else that a
// delegation says comes from the server of the zone above.
func TestDelegation(t *testing.T) {
	referral := []string{"acme.test. 300 IN NS ns2.acme.test.", "acme.test. 300 IN NS ns1.other.test."}
	glue := []string{"ns2.acme.test. 300 IN A 192.0.2.2", "ns2.acme.test. 300 IN AAAA 2001:db8::2", "stray.test. 300 IN A 192.0.2.9"}
	for name, tc := range map[string]struct {
		above  injector
		zone   string
		domain string
		want   []Server
		why    string // of an error
	}{
		"a referral with glue for one": {
			above:  referring(t, referral, glue),
			domain: "acme.test", zone: "acme.test",
			want: []Server{{"ns1.other.test", "192.0.2.1:53"}, {"ns2.acme.test", "192.0.2.2:53"}, {"ns2.acme.test", "[2001:db8::2]:53"}},
		},
		"glue that nobody else knows": {
			above:  referring(t, []string{"acme.test. 300 IN NS ns9.acme.test."}, []string{"ns9.acme.test. 300 IN A 192.0.2.9"}),
			domain: "acme.test", zone: "acme.test",
			want: []Server{{"ns9.acme.test", "192.0.2.9:53"}},
		},
		"the zone is above the name": {
			above:  referring(t, referral[1:], nil),
			domain: "A.B.acme.test", zone: "acme.test",
			want: []Server{{"ns1.other.test", "192.0.2.1:53"}},
		},
		"a server that is moved by name": {
			above:  referring(t, []string{"acme.test. 300 IN NS moved.test."}, []string{"moved.test. 300 IN A 192.0.2.2"}),
			domain: "acme.test", zone: "acme.test",
			want: []Server{{"moved.test", "127.0.0.1:5353"}},
		},
		"the server has both zones": {
			above:  serving(t, referral, aa),
			domain: "acme.test", why: "does not refer to others",
		},
		"an authoritative answer with name servers beside it": {
			above:  changed(referring(t, referral, glue), func(m *dns.Msg) { m.Authoritative = true }),
			domain: "acme.test", why: "does not refer to others",
		},
		"an answer from a cache": {
			above:  changed(referring(t, referral, glue), func(m *dns.Msg) { m.Answer = []dns.RR{mustRR(t, referral[0])} }),
			domain: "acme.test", why: "does not refer to others",
		},
		"a referral with another status": {
			above:  changed(referring(t, referral, glue), func(m *dns.Msg) { m.Rcode = dns.RcodeServerFailure }),
			domain: "acme.test", why: "does not refer to others (SERVFAIL)",
		},
		"a referral upwards": {
			above:  referring(t, []string{"test. 300 IN NS ns1.other.test."}, nil),
			domain: "acme.test", why: "does not refer to others",
		},
		"a referral to elsewhere": {
			above:  referring(t, []string{"acme.example. 300 IN NS ns1.other.test."}, nil),
			domain: "acme.test", why: "does not refer to others",
		},
		"the server refuses": {
			above:  func(q *dns.Msg, _ string) *dns.Msg { return new(dns.Msg).SetRcode(q, dns.RcodeRefused) },
			domain: "acme.test", why: "does not refer to others",
		},
		"no server has an address": {
			above:  referring(t, []string{"acme.test. 300 IN NS nowhere.other.test."}, nil),
			domain: "acme.test", why: "no name server of",
		},
	} {
		t.Run(name, func(t *testing.T) {
			above := newFake(t, func(q *dns.Msg, network string) *dns.Msg {
				if q.RecursionDesired {
					t.Error("asked for recursion")
				}
				return tc.above(q, network)
			})
			known := []string{"test. 300 IN NS a.test.", "ns1.other.test. 300 IN A 192.0.2.1"}
			resolver := newFake(t, func(q *dns.Msg, _ string) *dns.Msg {
				m := respond(t, q, known)
				m.Answer = slices.DeleteFunc(m.Answer, func(rr dns.RR) bool { return rr.Header().Rrtype != q.Question[0].Qtype })
				return m
			})
			r := newResolver(t, Upstream{Address: resolver.address})
			r.cfg.ConnectTo = func(address string) string {
				switch address {
				case "a.test:53":
					return above.address
				case "moved.test:53":
					return "127.0.0.1:5353"
				}
				return address
			}
			zone, servers, err := r.Delegation(t.Context(), tc.domain)
			if n := above.count("tcp"); n > 0 {
				t.Errorf("asked over TCP %d times", n)
			}
			if zone != tc.zone || (err == nil) != (tc.want != nil) {
				t.Fatalf("zone %q, %v", zone, err)
			}
			if err != nil && !strings.Contains(err.Error(), tc.why) {
				t.Errorf("%v, want an error with %q", err, tc.why)
			}
			if diff := cmp.Diff(tc.want, servers); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// referring answers with a referral (RFC 1034, Section 4.3.2).
func referring(t *testing.T, names, glue []string) injector {
	return func(q *dns.Msg, _ string) *dns.Msg {
		m := new(dns.Msg).SetReply(q)
		for _, text := range names {
			m.Ns = append(m.Ns, mustRR(t, text))
		}
		for _, text := range glue {
			m.Extra = append(m.Extra, mustRR(t, text))
		}
		return m
	}
}

func changed(answer injector, change func(*dns.Msg)) injector {
	return func(q *dns.Msg, network string) *dns.Msg {
		m := answer(q, network)
		change(m)
		return m
	}
}

func TestDelegationOfSpecialUseNames(t *testing.T) {
	f := newFake(t, serving(t, nil))
	strict, err := New(Config{Upstreams: []Upstream{{Address: f.address}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, domain := range []string{"acme.test", "acme", "a b.dev", ""} {
		if zone, servers, err := strict.Delegation(t.Context(), domain); err == nil || len(f.questions()) > 0 {
			t.Errorf("%q is asked for: %q, %v, %v", domain, zone, servers, err)
		}
	}
}

// What stands in the way of a delegation is said.
func TestNoDelegation(t *testing.T) {
	for name, tc := range map[string]struct {
		known []string // nothing where the resolver refuses
		moved string   // where a.test is
		want  string
	}{
		"the resolver refuses":                   {nil, "", "answered REFUSED"},
		"no zone is above":                       {[]string{"other.test. 300 IN A 192.0.2.1"}, "", "no zone is there"},
		"the server above has no address":        {[]string{"test. 300 IN NS a.test."}, "", `name server "a.test" has no address`},
		"S1 the server above is a private one":   {[]string{"test. 300 IN NS a.test.", "a.test. 300 IN A 10.0.0.1"}, "", "10.0.0.1"},
		"nobody listens where the zone above is": {[]string{"test. 300 IN NS a.test."}, "127.0.0.1:1", "127.0.0.1:1 ("},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, func(q *dns.Msg, _ string) *dns.Msg {
				if tc.known == nil {
					return new(dns.Msg).SetRcode(q, dns.RcodeRefused)
				}
				m := respond(t, q, tc.known)
				m.Answer = slices.DeleteFunc(m.Answer, func(rr dns.RR) bool { return rr.Header().Rrtype != q.Question[0].Qtype })
				return m
			})
			r := newResolver(t, Upstream{Address: f.address})
			r.cfg.ConnectTo = func(address string) string {
				if address == "a.test:53" && tc.moved != "" {
					return tc.moved
				}
				return address
			}
			zone, servers, err := r.Delegation(t.Context(), "a.b.acme.test")
			if err == nil || zone != "" || servers != nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%q, %v, %v, want an error with %q", zone, servers, err, tc.want)
			}
			if n := len(f.questions()); n > 6 {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

func TestLocate(t *testing.T) {
	f := newFake(t, func(q *dns.Msg, _ string) *dns.Msg {
		m := respond(t, q, []string{"ns.acme.test. 300 IN A 192.0.2.2", "alias.test. 300 IN CNAME ns.acme.test."})
		m.Answer = slices.DeleteFunc(m.Answer, func(rr dns.RR) bool { return rr.Header().Rrtype != q.Question[0].Qtype })
		return m
	})
	r := newResolver(t, Upstream{Address: f.address})
	for host, want := range map[string][]Server{
		"ns.acme.test":     {{"ns.acme.test", "192.0.2.2:5353"}},
		"192.0.2.7":        {{"192.0.2.7", "192.0.2.7:5353"}},
		"2001:db8::7":      {{"2001:db8::7", "[2001:db8::7]:5353"}},
		"alias.test":       nil, // RFC 2181, Section 10.3
		"nowhere.test":     nil,
		"not a host.test?": nil,
	} {
		servers, err := r.Locate(t.Context(), host, 5353)
		if diff := cmp.Diff(want, servers); diff != "" || (err == nil) != (want != nil) {
			t.Errorf("%s: %v\n%s", host, err, diff)
		}
	}
}
