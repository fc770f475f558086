package dnsx

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/verify"
)

func TestLookup(t *testing.T) {
	records := []string{
		owner + `. 300 IN TXT "v=ck1; kid=a; " "k=ed25519; p=" "AAAA"`,
		owner + `. 200 IN TXT "v=spf1 -all"`,
		owner + `. 300 IN TXT "q\"\\;\200 "`,
		txt("_client-key.other.test", "v=ck1; kid=other"),
	}
	f := newFake(t, serving(t, records))
	r := newResolver(t, Upstream{Address: f.address})
	t.Run("D1 all records of the name, strings joined", func(t *testing.T) {
		got, err := lookup(t, r)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"v=ck1; kid=a; k=ed25519; p=AAAA", "v=spf1 -all", "q\"\\;\xc8 "}
		if !slices.Equal(got.Texts, want) || got.Name != owner || got.TTL != 200*time.Second {
			t.Errorf("got %q, %q, %v", got.Texts, got.Name, got.TTL)
		}
		if got.Secure || got.Corroborated || got.Wildcard || got.Server != f.address+" (udp)" {
			t.Errorf("got %+v", got)
		}
	})
	for _, name := range []string{"", ".", "test", owner + ".", "a..test", ".a.test", "a b.test", "a\\.test", "*.test", "é.test",
		strings.Repeat("a", 64) + ".test", strings.Repeat("a.", 126) + "ab"} {
		t.Run("D38 not asked for: "+name, func(t *testing.T) {
			before := len(f.questions())
			if _, err := r.LookupTXT(t.Context(), name); err == nil || errors.Is(err, verify.ErrNoRecord) {
				t.Errorf("%q: %v", name, err)
			}
			if len(f.questions()) != before {
				t.Error("asked for")
			}
		})
	}
	t.Run("special-use names", func(t *testing.T) {
		strict, err := New(Config{Upstreams: []Upstream{{Address: f.address}}})
		if err != nil {
			t.Fatal(err)
		}
		before := len(f.questions())
		for _, name := range []string{owner, "_client-key.acme.LOCAL", "_client-key.a.home.arpa", "a.test", "_x.example.com"} {
			if _, err := strict.LookupTXT(t.Context(), name); err == nil || errors.Is(err, verify.ErrNoRecord) {
				t.Errorf("%q: %v", name, err)
			}
		}
		if len(f.questions()) != before {
			t.Error("asked for")
		}
		if _, err := strict.LookupTXT(t.Context(), "_client-key.acme.dev"); !errors.Is(err, verify.ErrNoRecord) {
			t.Errorf("an ordinary name: %v", err)
		}
	})
	t.Run("caller goes away", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := r.LookupTXT(ctx, owner); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	})
}

func TestAbsentOrUnavailable(t *testing.T) {
	with := func(change func(m *dns.Msg)) injector {
		return func(q *dns.Msg, _ string) *dns.Msg {
			m := new(dns.Msg).SetReply(q)
			m.RecursionAvailable = true
			change(m)
			return m
		}
	}
	soa := mustRR(t, "acme.test. 90 IN SOA ns.acme.test. root.acme.test. 1 2 3 4 60")
	ns := mustRR(t, "acme.test. 90 IN NS ns.acme.test.")
	for name, tc := range map[string]struct {
		answer injector
		absent bool
		ttl    time.Duration
	}{
		"D7 NXDOMAIN":                   {with(func(m *dns.Msg) { m.Rcode, m.Ns = dns.RcodeNameError, []dns.RR{soa} }), true, time.Minute},
		"D7 NXDOMAIN without SOA":       {with(func(m *dns.Msg) { m.Rcode = dns.RcodeNameError }), true, 0},
		"D7 no data":                    {with(func(m *dns.Msg) { m.Ns = []dns.RR{soa} }), true, time.Minute},
		"D7 no data without SOA":        {with(func(m *dns.Msg) {}), true, 0},
		"D7 no data from the authority": {with(func(m *dns.Msg) { m.Authoritative, m.Ns = true, []dns.RR{ns} }), true, 0},
		"D7 SOA of another zone": {with(func(m *dns.Msg) {
			m.Ns = []dns.RR{mustRR(t, "cme.test. 90 IN SOA ns.acme.test. root.acme.test. 1 2 3 4 60")}
		}), true, 0},
		"D7 lame, refers to others": {with(func(m *dns.Msg) { m.Ns = []dns.RR{ns} }), false, 0},
		"D7 SERVFAIL":               {with(func(m *dns.Msg) { m.Rcode = dns.RcodeServerFailure }), false, 0},
		"D7 REFUSED":                {with(func(m *dns.Msg) { m.Rcode = dns.RcodeRefused }), false, 0},
		"D7 REFUSED, header only":   {with(func(m *dns.Msg) { m.Rcode, m.Question = dns.RcodeRefused, nil }), false, 0},
		"D7 FORMERR":                {with(func(m *dns.Msg) { m.Rcode = dns.RcodeFormatError }), false, 0},
		"D7 NOTIMP":                 {with(func(m *dns.Msg) { m.Rcode = dns.RcodeNotImplemented }), false, 0},
		"D12 YXDOMAIN":              {with(func(m *dns.Msg) { m.Rcode = dns.RcodeYXDomain }), false, 0},
		"D17 BADVERS":               {with(func(m *dns.Msg) { m.SetEdns0(1232, true); m.Rcode = dns.RcodeBadVers }), false, 0},
		"D7 timeout":                {func(*dns.Msg, string) *dns.Msg { return nil }, false, 0},
		"NXDOMAIN with the records": {serving(t, keyRecord(), nxdomain), false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, tc.answer)
			r := newResolverWithin(t, 300*time.Millisecond, Upstream{Address: f.address})
			got, err := lookup(t, r)
			if err == nil || errors.Is(err, verify.ErrNoRecord) != tc.absent || errors.Is(err, verify.ErrBogus) {
				t.Errorf("%v, want absent %v", err, tc.absent)
			}
			if got.TTL != tc.ttl || got.Texts != nil {
				t.Errorf("got %+v", got)
			}
			if tc.absent && (got.Name != owner || got.Server == "") {
				t.Errorf("got %+v, want it filled", got)
			}
			if n := len(f.questions()); n > limits.DNSAttempts {
				t.Errorf("asked %d times", n)
			}
		})
	}
	t.Run("D7 a header alone is said", func(t *testing.T) {
		for _, code := range []int{dns.RcodeFormatError, dns.RcodeServerFailure, dns.RcodeNotImplemented, dns.RcodeRefused} {
			f := newFake(t, with(func(m *dns.Msg) { m.Rcode, m.Question = code, nil }))
			_, err := lookup(t, newResolverWithin(t, 300*time.Millisecond, Upstream{Address: f.address}))
			if err == nil || !strings.Contains(err.Error(), "answered "+status(code)) {
				t.Errorf("%s: %v", status(code), err)
			}
		}
	})
	t.Run("D7 timeout is said", func(t *testing.T) {
		f := newFake(t, func(*dns.Msg, string) *dns.Msg { return nil })
		_, err := lookup(t, newResolverWithin(t, 200*time.Millisecond, Upstream{Address: f.address}))
		if err == nil || !strings.Contains(err.Error(), f.address+" (tcp): no answer in time") {
			t.Errorf("%v", err)
		}
	})
	t.Run("places are given back", func(t *testing.T) {
		r := newResolver(t, Upstream{Address: newFake(t, serving(t, nil)).address})
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		for i := range limits.DNSLookups + 1 {
			if _, err := r.LookupTXT(ctx, owner); !errors.Is(err, verify.ErrNoRecord) {
				t.Fatalf("look-up %d: %v", i, err)
			}
		}
	})
	t.Run("the caller went away", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		f := newFake(t, func(*dns.Msg, string) *dns.Msg { cancel(); return nil })
		if _, err := newResolver(t, Upstream{Address: f.address}).LookupTXT(ctx, owner); !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), f.address) {
			t.Errorf("%v, want an error that blames no server", err)
		}
	})
	t.Run("D7 port unreachable", func(t *testing.T) {
		packets, listener := listenBoth(t)
		packets.Close()
		listener.Close()
		start := time.Now()
		_, err := lookup(t, newResolver(t, Upstream{Address: packets.LocalAddr().String()}))
		if err == nil || errors.Is(err, verify.ErrNoRecord) || time.Since(start) > time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
	t.Run("D8 the next upstream is asked", func(t *testing.T) {
		bad := newFake(t, with(func(m *dns.Msg) { m.Rcode = dns.RcodeRefused }))
		good := newFake(t, serving(t, keyRecord()))
		got, err := lookup(t, newResolver(t, Upstream{Address: bad.address}, Upstream{Address: good.address}))
		if err != nil || !slices.Equal(got.Texts, []string{record}) || got.Corroborated {
			t.Errorf("%+v, %v", got, err)
		}
		if n := len(bad.questions()); n != 1 {
			t.Errorf("who refused was asked %q, want only for the name", bad.questions())
		}
	})
	t.Run("an absence is not asked about again", func(t *testing.T) {
		empty, full := newFake(t, serving(t, nil)), newFake(t, serving(t, keyRecord()))
		_, err := lookup(t, newResolver(t, Upstream{Address: empty.address}, Upstream{Address: full.address}))
		if !errors.Is(err, verify.ErrNoRecord) || len(full.questions()) != 0 {
			t.Errorf("%v, then asked %v", err, full.questions())
		}
	})
}

func TestSize(t *testing.T) {
	records := func(n, size int) []string {
		out := make([]string, n)
		for i := range out {
			text := fmt.Sprintf("%04d", i) + strings.Repeat("x", size-4)
			var parts []string
			for len(text) > 0 {
				part := text[:min(len(text), 255)]
				parts, text = append(parts, `"`+part+`"`), text[len(part):]
			}
			out[i] = owner + ". 300 IN TXT " + strings.Join(parts, " ")
		}
		return out
	}
	for name, tc := range map[string]struct {
		records []string
		ok      bool
	}{
		"D6 64 records":   {records(limits.TXTRecords, 10), true},
		"D6 65 records":   {records(limits.TXTRecords+1, 10), false},
		"D6 16 KiB":       {records(16, limits.TXTBytes/16), true},
		"D6 above 16 KiB": {append(records(16, limits.TXTBytes/16), txt(owner, "x")), false},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, func(q *dns.Msg, network string) *dns.Msg {
				m := respond(t, q, tc.records)
				if network == "udp" {
					m.Truncate(limits.DNSUDPBytes)
				}
				return m
			})
			got, err := lookup(t, newResolver(t, Upstream{Address: f.address}))
			if (err == nil) != tc.ok || errors.Is(err, verify.ErrNoRecord) || tc.ok && len(got.Texts) != len(tc.records) {
				t.Errorf("%d records, %v", len(got.Texts), err)
			}
		})
	}
}

func TestAliases(t *testing.T) {
	chain := func(n int) []string {
		var out []string
		name := owner
		for i := range n {
			next := fmt.Sprintf("l%d.host.test", i)
			out, name = append(out, fmt.Sprintf("%s. %d IN CNAME %s.", name, 250-i, next)), next
		}
		return append(out, txt(name, record))
	}
	for name, tc := range map[string]struct {
		records []string
		final   string // empty where there is no usable answer
		ttl     time.Duration
	}{
		"D11 one link":             {chain(1), "l0.host.test", 250 * time.Second},
		"D11 eight links":          {chain(8), "l7.host.test", 243 * time.Second},
		"D11 nine links":           {chain(9), "", 0},
		"D11 loop of one":          {[]string{owner + ". 1 IN CNAME " + owner + "."}, "", 0},
		"D11 loop of two":          {[]string{owner + ". 1 IN CNAME a.test.", "a.test. 1 IN CNAME " + owner + "."}, "", 0},
		"D11 loop of three":        {[]string{owner + ". 1 IN CNAME a.test.", "a.test. 1 IN CNAME b.test.", "b.test. 1 IN CNAME a.test."}, "", 0},
		"D11 beside TXT":           {append(keyRecord(), owner+". 1 IN CNAME a.test."), "", 0},
		"D11 two aliases":          {[]string{owner + ". 1 IN CNAME a.test.", owner + ". 1 IN CNAME b.test.", txt("b.test", record)}, "", 0},
		"D12 as its DNAME makes":   {[]string{"acme.test. 9 IN DNAME h.test.", owner + ". 300 IN CNAME _client-key.h.test.", txt("_client-key.h.test", record)}, "_client-key.h.test", 300 * time.Second},
		"D12 DNAME of others":      {[]string{"other.test. 9 IN DNAME h.test.", owner + ". 300 IN CNAME k.host.test.", txt("k.host.test", record)}, "k.host.test", 300 * time.Second},
		"D12 DNAME of the name":    {[]string{owner + ". 9 IN DNAME h.test.", owner + ". 300 IN CNAME k.host.test.", txt("k.host.test", record)}, "k.host.test", 300 * time.Second},
		"D12 not as its DNAME":     {[]string{"acme.test. 9 IN DNAME h.test.", owner + ". 300 IN CNAME evil.test.", txt("evil.test", record)}, "", 0},
		"D13 answer to other name": {[]string{txt("evil.test", record)}, "", 0},
	} {
		for _, whole := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, one message %v", name, whole), func(t *testing.T) {
				f := newFake(t, func(q *dns.Msg, _ string) *dns.Msg {
					if strings.HasPrefix(asked(q), "_client-key.") || !whole {
						m := respond(t, q, nil)
						m.Rcode, m.Ns = dns.RcodeSuccess, nil
						for _, text := range tc.records {
							rr := mustRR(t, text)
							if whole || rr.Header().Name == asked(q) || rr.Header().Rrtype == dns.TypeDNAME {
								m.Answer = append(m.Answer, rr)
							}
						}
						return m
					}
					return respond(t, q, nil)
				})
				got, err := lookup(t, newResolver(t, Upstream{Address: f.address}))
				if tc.final == "" {
					if err == nil || len(got.Texts) > 0 {
						t.Errorf("%+v, want no records", got)
					}
					if strings.Contains(name, "loop") && !strings.Contains(err.Error(), "loop") {
						t.Errorf("error %v does not say that it is a loop", err)
					}
					if errors.Is(err, verify.ErrNoRecord) != strings.HasPrefix(name, "D13") {
						t.Errorf("error %v", err)
					}
				} else if err != nil || got.Name != tc.final || got.TTL != tc.ttl || !slices.Equal(got.Texts, []string{record}) {
					t.Errorf("%+v, %v", got, err)
				}
				if n := f.count("_client-key.") + f.count("host.test"); n > limits.CNAMELinks+3 {
					t.Errorf("asked %d times", n)
				}
			})
		}
	}
	t.Run("S6 to a special-use name", func(t *testing.T) {
		const name = "_client-key.acme.dev"
		f := newFake(t, serving(t, []string{name + ". 1 IN CNAME db.corp.internal.", txt("db.corp.internal", record)}))
		r, err := New(Config{Upstreams: []Upstream{{Address: f.address}}})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.LookupTXT(t.Context(), name); err == nil || errors.Is(err, verify.ErrNoRecord) {
			t.Errorf("%+v, %v", got, err)
		}
	})
	t.Run("absent target", func(t *testing.T) {
		f := newFake(t, serving(t, []string{owner + ". 30 IN CNAME gone.host.test."}))
		got, err := lookup(t, newResolver(t, Upstream{Address: f.address}))
		if !errors.Is(err, verify.ErrNoRecord) || got.Name != "gone.host.test" || got.TTL != 30*time.Second {
			t.Errorf("%+v, %v", got, err)
		}
	})
	t.Run("D13 records in other sections", func(t *testing.T) {
		f := newFake(t, func(q *dns.Msg, _ string) *dns.Msg {
			m := respond(t, q, nil)
			m.Rcode = dns.RcodeSuccess
			m.Ns, m.Extra = append(m.Ns, mustRR(t, txt(owner, record))), []dns.RR{mustRR(t, txt(owner, record))}
			return m
		})
		if got, err := lookup(t, newResolver(t, Upstream{Address: f.address})); !errors.Is(err, verify.ErrNoRecord) {
			t.Errorf("%+v, %v", got, err)
		}
	})
	t.Run("D17 class CHAOS, TTL with the first bit", func(t *testing.T) {
		f := newFake(t, serving(t, []string{owner + `. 300 CH TXT "chaos"`, owner + `. 2147483648 IN TXT "in"`}))
		got, err := lookup(t, newResolver(t, Upstream{Address: f.address}))
		if err != nil || !slices.Equal(got.Texts, []string{"in"}) || got.TTL != 0 {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
