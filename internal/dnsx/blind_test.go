package dnsx

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/fc28f635/countersign/internal/limits"
)

// What tells a server from somebody who does not see the questions: the case of
// the letters and cookies.

func TestCase(t *testing.T) {
	folding := func(q *dns.Msg, network string) *dns.Msg {
		m := respond(t, q, keyRecord())
		if network == "udp" {
			m.Question[0].Name = strings.ToLower(m.Question[0].Name)
		}
		return m
	}
	t.Run("D15 a server that folds is asked over TCP", func(t *testing.T) {
		f := newFake(t, folding)
		got, err := lookup(t, newResolver(t, Upstream{Address: f.address}))
		if err != nil || !slices.Equal(got.Texts, []string{record}) || got.Server != f.address+" (tcp)" {
			t.Errorf("%+v, %v", got, err)
		}
		if n := f.count(owner); n != 2 {
			t.Errorf("asked %d times, want once over UDP and once over TCP", n)
		}
	})
	t.Run("D15 and believed nowhere else", func(t *testing.T) {
		f := newFake(t, func(q *dns.Msg, network string) *dns.Msg {
			if network == "tcp" {
				return nil
			}
			return folding(q, network)
		})
		if got, err := lookup(t, newResolverWithin(t, 300*time.Millisecond, Upstream{Address: f.address})); err == nil {
			t.Errorf("%+v, want no answer", got)
		}
	})
	t.Run("D14 letters are drawn for each question", func(t *testing.T) {
		q := question(owner, dns.TypeTXT)
		seen := map[string]bool{}
		for range 50 {
			mixed := mixCase(q)
			if dns.CanonicalName(mixed.Question[0].Name) != owner+"." || mixed.Id != q.Id {
				t.Fatalf("asked for %q", mixed.Question[0].Name)
			}
			seen[mixed.Question[0].Name] = true
		}
		if len(seen) < 45 {
			t.Errorf("%d ways to write the name in 50 questions", len(seen))
		}
		if q.Question[0].Name != owner+"." {
			t.Error("the question itself was changed")
		}
	})
	t.Run("D14 every letter is drawn, and nothing else", func(t *testing.T) {
		const name = "abcdefghijklmnopqrstuvwxyz.ABCDEFGHIJKLMNOPQRSTUVWXYZ.0123456789-_."
		q := question(name, dns.TypeTXT)
		seen := make([]map[byte]bool, len(name))
		for i := range seen {
			seen[i] = map[byte]bool{}
		}
		for range 60 {
			for i, c := range []byte(mixCase(q).Question[0].Name) {
				seen[i][c] = true
			}
		}
		for i, c := range []byte(name) {
			upper, lower := strings.ToUpper(string(c))[0], strings.ToLower(string(c))[0]
			want := map[byte]bool{upper: true, lower: true}
			if !maps.Equal(seen[i], want) {
				t.Errorf("%q is asked for as %v, want %v", c, seen[i], want)
			}
		}
	})
}

// withCookie answers with the client's cookie of q and a server's.
func withCookie(m, q *dns.Msg, change func(client string) string) *dns.Msg {
	cookie, _ := cookieOf(q)
	m.SetEdns0(limits.DNSUDPBytes, true)
	m.IsEdns0().Option = []dns.EDNS0{&dns.EDNS0_COOKIE{Code: dns.EDNS0COOKIE, Cookie: change(cookie)}}
	return m
}

const serverCookie = "00112233445566778899aabbccddeeff"

func TestCookies(t *testing.T) {
	genuine := func(cookie string) string { return cookie[:clientCookie] + serverCookie }
	t.Run("the server's cookie is given back", func(t *testing.T) {
		var mu sync.Mutex
		var got []string
		f := newFake(t, func(q *dns.Msg, _ string) *dns.Msg {
			cookie, _ := cookieOf(q)
			mu.Lock()
			defer mu.Unlock()
			got = append(got, cookie)
			return withCookie(respond(t, q, nil), q, genuine)
		})
		r := newResolver(t, Upstream{Address: f.address})
		for range 2 {
			_, _ = lookup(t, r)
		}
		mu.Lock()
		defer mu.Unlock()
		if len(got) != 2 || len(got[0]) != clientCookie || got[1] != got[0]+serverCookie {
			t.Errorf("sent %q", got)
		}
		other := newResolver(t, Upstream{Address: f.address})
		if other.upstreams[0].cookies.client == got[0] {
			t.Error("two resolvers have one cookie")
		}
	})
	for name, tc := range map[string]struct {
		later func(q *dns.Msg) *dns.Msg // what comes over UDP once the server has sent a cookie
		via   string                    // where the answer is from
	}{
		"D14 cookie of another client, then the answer": {func(q *dns.Msg) *dns.Msg {
			return withCookie(respond(t, q, []string{txt(owner, "v=ck1; kid=evil")}), q, func(c string) string {
				return strings.Repeat("0", clientCookie) + serverCookie
			})
		}, "udp"},
		"D14 cookie cut short, then the answer": {func(q *dns.Msg) *dns.Msg {
			return withCookie(respond(t, q, []string{txt(owner, "v=ck1; kid=evil")}), q, func(c string) string { return c[:clientCookie-2] })
		}, "udp"},
		"D14 server cookie cut short, then the answer": {func(q *dns.Msg) *dns.Msg {
			return withCookie(respond(t, q, []string{txt(owner, "v=ck1; kid=evil")}), q, func(c string) string { return c[:clientCookie] + "00" })
		}, "udp"},
		"D14 no cookie where one is due": {func(q *dns.Msg) *dns.Msg { return respond(t, q, []string{txt(owner, "v=ck1; kid=evil")}) }, "tcp"},
		"D14 BADCOOKIE": {func(q *dns.Msg) *dns.Msg {
			m := withCookie(new(dns.Msg).SetReply(q), q, genuine)
			m.Rcode = dns.RcodeBadCookie
			return m
		}, "tcp"},
	} {
		t.Run(name, func(t *testing.T) {
			address := spoofing(t, func(q *dns.Msg) [][]byte {
				honest := withCookie(respond(t, q, keyRecord()), q, genuine)
				if cookie, _ := cookieOf(q); len(cookie) == clientCookie || asked(q) != owner+"." {
					return [][]byte{pack(t, honest)}
				}
				return [][]byte{pack(t, tc.later(q)), pack(t, honest)}
			}, func(q *dns.Msg, _ string) *dns.Msg { return withCookie(respond(t, q, keyRecord()), q, genuine) })
			r := newResolver(t, Upstream{Address: address})
			for i, via := range []string{"udp", tc.via} {
				got, err := lookup(t, r)
				if err != nil || !slices.Equal(got.Texts, []string{record}) || got.Server != address+" ("+via+")" {
					t.Errorf("look-up %d: %+v, %v, want the honest answer over %s", i, got, err, via)
				}
			}
		})
	}
	t.Run("a server that has no cookies any more", func(t *testing.T) {
		f := newFake(t, serving(t, keyRecord()))
		r := newResolver(t, Upstream{Address: f.address})
		r.upstreams[0].cookies.server = serverCookie
		for _, via := range []string{"tcp", "udp"} {
			if got, err := lookup(t, r); err != nil || got.Server != f.address+" ("+via+")" {
				t.Errorf("%+v, %v, want an answer over %s", got, err, via)
			}
		}
	})
}

// A client's cookie is of 8 bytes, a server's of 8 to 32 (RFC 7873, Section 4).
func TestCookieAtTheEdge(t *testing.T) {
	with := func(cookie string) *dns.Msg {
		return withCookie(new(dns.Msg), new(dns.Msg).SetEdns0(limits.DNSUDPBytes, true), func(string) string { return cookie })
	}
	const ours = "0123456789abcdef"
	behind := func(m *dns.Msg) *dns.Msg {
		opt := m.IsEdns0()
		opt.Option = append([]dns.EDNS0{&dns.EDNS0_NSID{Code: dns.EDNS0NSID, Nsid: "00"}}, opt.Option...)
		return m
	}
	server := func(bytes int) string { return strings.Repeat("5a", bytes) }
	for name, tc := range map[string]struct {
		answer *dns.Msg
		before string // what the server sent earlier
		err    error
		udp    string // what is kept of an answer over UDP
		tcp    string // and over TCP
	}{
		"none":                      {new(dns.Msg), "", nil, "", ""},
		"none where one is due":     {new(dns.Msg), server(8), errCookieMissing, server(8), ""},
		"the client's alone":        {with(ours), "", nil, "", ""},
		"the client's alone, later": {with(ours), server(8), nil, server(8), server(8)},
		"8 bytes of the server":     {with(ours + server(8)), "", nil, server(8), server(8)},
		"32 bytes of the server":    {with(ours + server(32)), server(8), nil, server(32), server(32)},
		"7 bytes of the server":     {with(ours + server(7)), "", errWrongCookie, "", ""},
		"33 bytes of the server":    {with(ours + server(33)), server(8), errWrongCookie, server(8), server(8)},
		"half of the client's":      {with(ours[:8]), "", errWrongCookie, "", ""},
		"another client's":          {with("f" + ours[1:] + server(8)), server(9), errWrongCookie, server(9), server(9)},
		"behind another option":     {behind(with(ours + server(8))), "", nil, server(8), server(8)},
		"another option alone":      {behind(new(dns.Msg).SetEdns0(limits.DNSUDPBytes, true)), server(8), errCookieMissing, server(8), ""},
		"no option":                 {new(dns.Msg).SetEdns0(limits.DNSUDPBytes, true), server(8), errCookieMissing, server(8), ""},
	} {
		t.Run("D14 "+name, func(t *testing.T) {
			if err := (&jar{client: ours, server: tc.before}).check(tc.answer); !errors.Is(err, tc.err) {
				t.Errorf("checked: %v, want %v", err, tc.err)
			}
			for tcp, want := range map[bool]string{false: tc.udp, true: tc.tcp} {
				j := &jar{client: ours, server: tc.before}
				if j.keep(tc.answer, tcp); j.server != want {
					t.Errorf("over TCP %v: kept %q, want %q", tcp, j.server, want)
				}
			}
		})
	}
}

// An answer larger than asked for may have come in fragments, of which somebody
// can forge the second.
func TestFragments(t *testing.T) {
	address := spoofing(t, func(q *dns.Msg) [][]byte {
		if asked(q) != owner+"." {
			return [][]byte{pack(t, respond(t, q, nil))}
		}
		return [][]byte{
			pack(t, respond(t, q, []string{txt(owner, "v=ck1; kid=evil"), txt(owner, strings.Repeat("x", 250)), txt(owner, strings.Repeat("y", 250)),
				txt(owner, strings.Repeat("z", 250)), txt(owner, strings.Repeat("a", 250)), txt(owner, strings.Repeat("b", 250))})),
			pack(t, respond(t, q, keyRecord())),
		}
	}, serving(t, keyRecord()))
	t.Run("D14 larger than 1232 bytes", func(t *testing.T) {
		got, err := lookup(t, newResolver(t, Upstream{Address: address}))
		if err != nil || !slices.Equal(got.Texts, []string{record}) {
			t.Errorf("%+v, %v, want the small answer", got, err)
		}
	})
}
