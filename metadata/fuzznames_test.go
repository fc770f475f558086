package metadata_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/metadata"
)

// FuzzPublisher: what is a publisher is written in one way, and is a subject.
func FuzzPublisher(f *testing.F) {
	seed(f, "client_id", "client_id.txt")
	for _, s := range []string{"https://acme.example", "https://xn--e1afmkfd.xn--p1ai", "https://ACME.example", "https://acme.example.", "https://1.2.3.4"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := metadata.ParsePublisher(s)
		if err != nil {
			if !p.IsZero() {
				t.Errorf("%q is refused, and is %v", s, p)
			}
			return
		}
		of, err := metadata.PublisherOf(p.Domain())
		if p.String() != s || err != nil || of != p || strings.ToLower(s) != s {
			t.Errorf("%q is %v, whose host is %v, %v", s, p, of, err)
		}
		subject, err := metadata.ParseSubject(s)
		if err != nil || subject.Publisher() != p {
			t.Errorf("%q is the subject %v, %v", s, subject, err)
		}
		if walk := p.Walk(); len(walk) == 0 || len(walk) > 4 || walk[0] != p {
			t.Errorf("%q is walked by %v", s, walk)
		}
	})
}

// FuzzSubject: a subject prints as what is read as it again.
func FuzzSubject(f *testing.F) {
	seed(f, "client_id", "client_id.txt")
	f.Add("sha256:" + strings.Repeat("0123456789abcdef", 4))
	f.Add("acme.example")
	f.Fuzz(func(t *testing.T, s string) {
		subject, err := metadata.ParseSubject(s)
		if err != nil {
			if !subject.IsZero() {
				t.Errorf("%q is refused, and is %v", s, subject)
			}
			return
		}
		if again, err := metadata.ParseSubject(subject.String()); err != nil || again != subject {
			t.Errorf("%q prints as %q, which is %v, %v", s, subject, again, err)
		}
	})
}

// FuzzParseKeySet: no record is both a key and malformed, and each key is found.
func FuzzParseKeySet(f *testing.F) {
	for _, v := range vectors(f, "record") {
		f.Add(strings.Join(v.Records(), "\n"))
	}
	f.Fuzz(func(t *testing.T, text string) {
		texts := strings.Split(text, "\n")
		set := metadata.ParseKeySet(texts)
		if len(set.Keys)+len(set.Malformed) > len(texts) {
			t.Errorf("%d keys and %d malformed records of %d", len(set.Keys), len(set.Malformed), len(texts))
		}
		for _, key := range set.Keys {
			if found, err := set.Find(key.KeyID); err != nil || found != key {
				t.Errorf("%q finds %+v, %v, want %+v", key.KeyID, found, err, key)
			}
		}
	})
}

// FuzzName: a name that can be shown and is a protected one in other letters is
// flagged for a stranger, and no name is for the vendor.
func FuzzName(f *testing.F) {
	for _, n := range metadata.ProtectedNames() {
		f.Add(n.Name, "x")
	}
	f.Add("\u0421laude", "(official)")
	f.Add("\ufe0f", "|")
	stranger := metadata.MustPublisher("https://stranger.com")
	f.Fuzz(func(t *testing.T, name, more string) {
		_ = metadata.CheckName(name)
		metadata.NewProtected(nil, []metadata.ProtectedName{{Name: name, Domains: []string{"acme.com"}}}).Name(more, stranger)
		of := func(name string, p metadata.Publisher) (metadata.Likeness, bool) {
			return metadata.Embedded().Name(name, p)
		}
		of(name, stranger)
		for _, n := range metadata.ProtectedNames() {
			for _, shown := range []string{n.Name + " " + more, strings.ToUpper(n.Name)} {
				if _, ok := of(shown, stranger); !ok {
					t.Errorf("%q is not flagged", shown)
				}
			}
			vendor, err := metadata.PublisherOf(n.Domains[0])
			if l, ok := of(name, vendor); err != nil || ok && l.Of == n.Name {
				t.Errorf("%q of the vendor %q is flagged: %v", name, n.Domains[0], err)
			}
		}
	})
}

// FuzzHost: no host of a protected domain is flagged, whatever else is protected;
// a host with one in front of it is, and the answer is always the same.
func FuzzHost(f *testing.F) {
	for _, v := range vectors(f, "client_id") {
		f.Add(string(v.Files["client_id.txt"]), "acme.com")
	}
	f.Add("claude.ai.evil.example", "xn--lude-53d4h.ai")
	f.Add("claude-login.example", "zed.dev")
	f.Add("goooogle.com", "perplexity.ai")
	f.Fuzz(func(t *testing.T, host, domain string) {
		p := metadata.NewProtected(nil, []metadata.ProtectedName{{Domains: []string{domain}}})
		host = strings.TrimPrefix(host, "https://")
		first, flagged := p.Host(host)
		if again, too := p.Host(host); again != first || too != flagged {
			t.Errorf("%q %v, then %v", host, first, again)
		}
		if _, err := metadata.PublisherOf(domain); err != nil {
			return
		}
		for _, own := range []string{domain, "login." + domain} {
			if l, ok := p.Host(own); ok {
				t.Errorf("%q is the protected %q, and %v", own, domain, l)
			}
		}
		front := domain + ".stranger.com"
		if _, err := metadata.PublisherOf(front); err != nil {
			return
		}
		if _, ok := p.Host(front); !ok {
			t.Errorf("%q is not flagged", front)
		}
	})
}

// FuzzDistance holds the distance to the textbook's, which has no bound.
func FuzzDistance(f *testing.F) {
	f.Add("claude", "cluade", uint8(1))
	f.Add("perplexity", "preplexiyt", uint8(2))
	f.Add("", "a", uint8(0))
	f.Fuzz(func(t *testing.T, x, y string, most uint8) {
		a, b := []rune(x), []rune(y)
		if len(a) > 64 || len(b) > 64 {
			return
		}
		want, got, limit := textbookDistance(a, b), metadata.Distance(a, b, int(most)), int(most)
		if back := metadata.Distance(b, a, limit); min(got, limit+1) != min(want, limit+1) || min(back, limit+1) != min(want, limit+1) {
			t.Errorf("%q and %q are %d apart, %d the other way, want %d, at most %d", x, y, got, back, want, limit)
		}
	})
}

func textbookDistance(a, b []rune) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range len(b) + 1 {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}

// FuzzAddresses: whatever a client says, each of its addresses is one that its
// publisher speaks for, is dropped, or costs the client something.
func FuzzAddresses(f *testing.F) {
	for _, v := range vectors(f, "redirect_uri") {
		f.Add("client_uri", string(v.Files["redirect.txt"]))
	}
	f.Add("request_uris", "https://acme.com/r")
	f.Add("logo_uri#de", "javascript:x")
	acme := metadata.Coverage{Publisher: metadata.MustPublisher("https://acme.com")}
	f.Fuzz(func(t *testing.T, member, uri string) {
		data, err := json.Marshal(map[string]any{member: uri})
		if err != nil {
			return
		}
		c, err := metadata.ParseClient(data)
		if err != nil {
			return
		}
		rest, _ := c.Without(c.UncoveredURLs(acme)...)
		if left := rest.UncoveredURLs(acme); len(left) > 0 {
			t.Errorf("%q is dropped, and is there: %q", member, left)
		}
		if changes := metadata.Changes(c, rest); len(changes) > 1 {
			t.Errorf("one member was dropped, and %q changed", changes)
		}
	})
}
