package dnsx

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/fc28f635/countersign/verify"
)

func TestSecure(t *testing.T) {
	alias := []string{owner + ". 30 IN CNAME k.host.test.", txt("k.host.test", record)}
	for name, tc := range map[string]struct {
		answer     injector
		validating bool
		want       bool
	}{
		"vouched for":                      {serving(t, keyRecord(), ad), true, true},
		"D27 AD from who is not trusted":   {serving(t, keyRecord(), ad), false, false},
		"D27 no AD":                        {serving(t, keyRecord()), true, false},
		"D27 AD on a lie, by an authority": {serving(t, keyRecord(), ad, aa), true, false},
		"D27 AD without recursion":         {serving(t, keyRecord(), ad, noRA), true, false},
		"every link vouched for":           {serving(t, alias, ad), true, true},
		"one link not vouched for": {func(q *dns.Msg, _ string) *dns.Msg {
			m := respond(t, q, alias)
			m.AuthenticatedData = strings.HasPrefix(asked(q), "k.")
			if !m.AuthenticatedData {
				m.Answer = m.Answer[:min(1, len(m.Answer))]
			}
			return m
		}, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, tc.answer)
			got, err := lookup(t, newResolver(t, Upstream{Address: f.address, Validating: tc.validating}))
			if err != nil || got.Secure != tc.want || !slices.Equal(got.Texts, []string{record}) {
				t.Errorf("%+v, %v, want secure %v", got, err, tc.want)
			}
		})
	}
	t.Run("a secure absence", func(t *testing.T) {
		f := newFake(t, serving(t, nil, ad))
		got, err := lookup(t, newResolver(t, Upstream{Address: f.address, Validating: true}))
		if !errors.Is(err, verify.ErrNoRecord) || !got.Secure {
			t.Errorf("%+v, %v", got, err)
		}
	})
	t.Run("what cannot be read is not secure", func(t *testing.T) {
		f := newFake(t, serving(t, []string{owner + ". 1 IN CNAME " + owner + "."}, ad))
		if got, err := lookup(t, newResolver(t, Upstream{Address: f.address, Validating: true})); err == nil || got.Secure || got.TTL != 0 {
			t.Errorf("%+v, %v", got, err)
		}
	})
	t.Run("D27 not over another network", func(t *testing.T) {
		m := &dns.Msg{MsgHdr: dns.MsgHdr{AuthenticatedData: true, RecursionAvailable: true}}
		for address, want := range map[string]bool{
			"127.0.0.1:53": true, "[::1]:53": true, "192.0.2.1:53": false, "10.0.0.1:53": false,
			"tls://192.0.2.1#dns.example": true, "https://dns.example/dns-query": true,
		} {
			r := newResolver(t, Upstream{Address: address, Validating: true})
			way, err := r.channel(r.upstreams[0])
			if err != nil {
				t.Fatal(err)
			}
			if got := r.upstreams[0].vouches(way, m); got != want {
				t.Errorf("%s: secure %v, want %v", address, got, want)
			}
		}
	})
}

func TestBogus(t *testing.T) {
	unlessUnchecked := func(q *dns.Msg, _ string) *dns.Msg {
		if q.CheckingDisabled {
			return respond(t, q, keyRecord())
		}
		return new(dns.Msg).SetRcode(q, dns.RcodeServerFailure)
	}
	f, other := newFake(t, unlessUnchecked), newFake(t, serving(t, keyRecord()))
	for name, tc := range map[string]struct {
		ups   []Upstream
		bogus bool
	}{
		"D18 validating":           {[]Upstream{{Address: f.address, Validating: true}}, true},
		"D18 never the next one":   {[]Upstream{{Address: f.address, Validating: true}, {Address: other.address}}, true},
		"D18 never another's word": {[]Upstream{{Address: other.address, Operator: "o"}, {Address: f.address, Operator: "f", Validating: true}}, true},
		"D7 who does not validate": {[]Upstream{{Address: f.address}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := lookup(t, newResolver(t, tc.ups...))
			if err == nil || errors.Is(err, verify.ErrBogus) != tc.bogus || got.Texts != nil || got.Secure {
				t.Errorf("%+v, %v, want bogus %v", got, err, tc.bogus)
			}
		})
	}
	t.Run("D7 SERVFAIL also unchecked", func(t *testing.T) {
		f := newFake(t, func(q *dns.Msg, _ string) *dns.Msg { return new(dns.Msg).SetRcode(q, dns.RcodeServerFailure) })
		if _, err := lookup(t, newResolver(t, Upstream{Address: f.address, Validating: true})); err == nil || errors.Is(err, verify.ErrBogus) {
			t.Errorf("%v, want unavailable", err)
		}
	})
}

func TestCorroborated(t *testing.T) {
	two := []string{txt(owner, "a"), owner + `. 60 IN TXT "b"`}
	swapped := []string{two[1], two[0]}
	longer := []string{owner + `. 90 IN TXT "a"`, owner + `. 90 IN TXT "b"`}
	refusing := func(q *dns.Msg, _ string) *dns.Msg { return new(dns.Msg).SetRcode(q, dns.RcodeRefused) }
	silent := func(*dns.Msg, string) *dns.Msg { return nil }
	for name, tc := range map[string]struct {
		a, b, c     injector
		operators   [3]string
		want        string // corroborated, alone, disagree, absent, none
		validatingB bool
	}{
		"same set, other order":       {a: serving(t, two), b: serving(t, swapped), operators: [3]string{"a", "b"}, want: "corroborated"},
		"the first lives longer":      {a: serving(t, longer), b: serving(t, two), operators: [3]string{"a", "b"}, want: "corroborated"},
		"the second lives longer":     {a: serving(t, two), b: serving(t, longer), operators: [3]string{"a", "b"}, want: "corroborated"},
		"D8 all of one refuse":        {a: refusing, b: refusing, operators: [3]string{"a", "a"}, want: "none"},
		"D8 all three refuse":         {a: refusing, b: refusing, c: refusing, operators: [3]string{"a", "b", "c"}, want: "none"},
		"both absent":                 {a: serving(t, nil), b: serving(t, nil), operators: [3]string{"a", "b"}, want: "absent"},
		"one operator by two names":   {a: serving(t, two), b: serving(t, two), operators: [3]string{"a", "a"}, want: "alone"},
		"D29 another record":          {a: serving(t, two), b: serving(t, two[:1]), operators: [3]string{"a", "b"}, want: "disagree"},
		"D36 one says absent":         {a: serving(t, two), b: serving(t, nil), operators: [3]string{"a", "b"}, want: "disagree"},
		"D36 absent for the first":    {a: serving(t, nil), b: serving(t, two), operators: [3]string{"a", "b"}, want: "disagree"},
		"one silent":                  {a: serving(t, two), b: silent, operators: [3]string{"a", "b"}, want: "alone"},
		"one silent, the third says":  {a: silent, b: serving(t, two), c: serving(t, two), operators: [3]string{"a", "b", "c"}, want: "corroborated"},
		"one silent, his other asked": {a: silent, b: serving(t, two), c: serving(t, two), operators: [3]string{"a", "b", "a"}, want: "corroborated"},
		"D8 all silent":               {a: silent, b: silent, operators: [3]string{"a", "b"}, want: "none"},
	} {
		t.Run(name, func(t *testing.T) {
			var ups []Upstream
			var fakes []*fake
			for i, in := range []injector{tc.a, tc.b, tc.c} {
				if in != nil {
					f := newFake(t, in)
					fakes, ups = append(fakes, f), append(ups, Upstream{Address: f.address, Operator: tc.operators[i]})
				}
			}
			got, err := lookup(t, newResolverWithin(t, 1200*time.Millisecond, ups...))
			switch tc.want {
			case "corroborated":
				if err != nil || !got.Corroborated || len(got.Texts) != 2 || got.TTL != time.Minute || strings.Count(got.Server, "(tcp)") != 2 {
					t.Errorf("%+v, %v", got, err)
				}
				if len(fakes) == 2 && got.Server != fakes[0].address+" (tcp), "+fakes[1].address+" (tcp)" {
					t.Errorf("%s, want both in order", got.Server)
				}
				for _, f := range fakes {
					if n := f.count("udp"); n > 0 {
						t.Errorf("asked over UDP %d times", n)
					}
				}
			case "alone":
				if err != nil || got.Corroborated || len(got.Texts) != 2 {
					t.Errorf("%+v, %v", got, err)
				}
			case "absent":
				if !errors.Is(err, verify.ErrNoRecord) || !got.Corroborated {
					t.Errorf("%+v, %v", got, err)
				}
			default:
				if err == nil || errors.Is(err, verify.ErrNoRecord) || got.Texts != nil || got.Corroborated {
					t.Fatalf("%+v, %v", got, err)
				}
				if strings.HasPrefix(name, "D36") && (!strings.Contains(err.Error(), "no record") || !strings.Contains(err.Error(), "2 other records")) {
					t.Errorf("error %v does not say who has what", err)
				}
				for _, f := range fakes {
					if !strings.Contains(err.Error(), f.address) {
						t.Errorf("error %v does not name %s", err, f.address)
					}
				}
			}
		})
	}
	t.Run("one of them vouches", func(t *testing.T) {
		plain, vouching := newFake(t, serving(t, two)), newFake(t, serving(t, swapped, ad))
		ups := []Upstream{{Address: plain.address, Operator: "a"}, {Address: vouching.address, Operator: "b", Validating: true}}
		for range 2 {
			got, err := lookup(t, newResolver(t, ups...))
			if err != nil || !got.Secure || !got.Corroborated {
				t.Errorf("%+v, %v", got, err)
			}
			slices.Reverse(ups)
		}
	})
}

func TestWildcard(t *testing.T) {
	everywhere := func(text string, flags ...flag) injector {
		return func(q *dns.Msg, _ string) *dns.Msg {
			return respond(t, q, []string{txt(strings.TrimSuffix(asked(q), "."), text)}, flags...)
		}
	}
	t.Run("a sibling has the same set", func(t *testing.T) {
		f := newFake(t, everywhere(record))
		r := newResolver(t, Upstream{Address: f.address})
		got, err := lookup(t, r)
		if err != nil || !got.Wildcard {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := lookup(t, r); err != nil {
			t.Error(err)
		}
		asked := f.questions()
		if len(asked) != 4 || asked[1] == asked[3] || !strings.HasSuffix(asked[1], ".acme.test. TXT udp") || asked[1][0] != '_' {
			t.Errorf("asked %q, want one new sibling each time", asked)
		}
	})
	t.Run("a sibling has another set", func(t *testing.T) {
		f := newFake(t, func(q *dns.Msg, n string) *dns.Msg { return everywhere(asked(q))(q, n) })
		if got, err := lookup(t, newResolver(t, Upstream{Address: f.address})); err != nil || got.Wildcard {
			t.Errorf("%+v, %v", got, err)
		}
	})
	t.Run("an alias for all", func(t *testing.T) {
		f := newFake(t, func(q *dns.Msg, _ string) *dns.Msg {
			return respond(t, q, []string{q.Question[0].Name + " 9 IN CNAME k.host.test.", txt("k.host.test", record)})
		})
		if got, err := lookup(t, newResolver(t, Upstream{Address: f.address})); err != nil || !got.Wildcard {
			t.Errorf("%+v, %v", got, err)
		}
	})
	t.Run("D8 the sibling does not answer", func(t *testing.T) {
		f := newFake(t, func(q *dns.Msg, _ string) *dns.Msg {
			if strings.HasPrefix(asked(q), "_client-key.") {
				return respond(t, q, keyRecord())
			}
			return new(dns.Msg).SetRcode(q, dns.RcodeServerFailure)
		})
		if got, err := lookup(t, newResolver(t, Upstream{Address: f.address})); err == nil || errors.Is(err, verify.ErrNoRecord) {
			t.Errorf("%+v, %v, want unavailable", got, err)
		}
	})
	signature := func(name, covered string, labels string, signer string) string {
		return name + ". 300 IN RRSIG " + covered + " 13 " + labels + " 300 20300101000000 20260101000000 1 " + signer + ". AAAA"
	}
	for name, tc := range map[string]struct {
		records  []string
		wildcard bool
		siblings int
		bad      bool
	}{
		"signed, by its own name":     {records: append(keyRecord(), signature(owner, "TXT", "3", "acme.test"))},
		"signed, from a wildcard":     {records: append(keyRecord(), signature(owner, "TXT", "2", "acme.test")), wildcard: true},
		"signatures not sent":         {records: keyRecord(), siblings: 1},
		"another type's signature":    {records: append(keyRecord(), signature(owner, "A", "2", "acme.test")), siblings: 1},
		"F1 signed by a name like it": {records: append(keyRecord(), signature(owner, "TXT", "3", "me.test")), bad: true},
		"D20 alias signed by a name like it": {records: []string{
			owner + ". 9 IN CNAME k.host.test.", signature(owner, "CNAME", "3", "me.test"), txt("k.host.test", record),
		}, bad: true},
		"alias signed, from a wildcard": {records: []string{
			owner + ". 9 IN CNAME k.host.test.", signature(owner, "CNAME", "2", "acme.test"),
			txt("k.host.test", record), signature("k.host.test", "TXT", "3", "host.test"),
		}, wildcard: true},
		"alias not signed": {records: []string{
			owner + ". 9 IN CNAME k.host.test.", txt("k.host.test", record), signature("k.host.test", "TXT", "3", "host.test"),
		}, siblings: 1},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, serving(t, tc.records, ad))
			got, err := lookup(t, newResolver(t, Upstream{Address: f.address, Validating: true}))
			if tc.bad {
				if err == nil {
					t.Errorf("%+v, want no usable answer", got)
				}
				return
			}
			if err != nil || !got.Secure || got.Wildcard != tc.wildcard {
				t.Errorf("%+v, %v", got, err)
			}
			if n := len(f.questions()) - f.count("_client-key."); n != tc.siblings {
				t.Errorf("%d siblings asked for, want %d", n, tc.siblings)
			}
		})
	}
}

func TestConnectTo(t *testing.T) {
	f := newFake(t, serving(t, keyRecord()))
	for to, ok := range map[string]bool{f.address: true, "192.0.2.9:53": false, "localhost:53": false, "": false} {
		t.Run(to, func(t *testing.T) {
			r, err := New(Config{
				Upstreams: []Upstream{{Address: "192.0.2.1:53"}}, AllowSpecialUse: true, Timeout: 300 * time.Millisecond,
				ConnectTo: func(address string) string {
					if address != "192.0.2.1:53" {
						t.Errorf("asked about %q", address)
					}
					return to
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			got, err := lookup(t, r)
			if (err == nil) != ok || !ok && !strings.Contains(err.Error(), "moved to a loopback address only") {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}
