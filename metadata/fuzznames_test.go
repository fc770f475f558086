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

// FuzzResembles: a name that can be shown and is a protected one in other
// letters is flagged for a stranger, and no name is for the vendor.
func FuzzResembles(f *testing.F) {
	for _, n := range metadata.ProtectedNames() {
		f.Add(n.Name, "x")
	}
	f.Add("\u0421laude", "(official)")
	f.Add("\ufe0f", "|")
	stranger := metadata.MustPublisher("https://stranger.com")
	f.Fuzz(func(t *testing.T, name, more string) {
		_ = metadata.CheckName(name)
		metadata.Resembled(metadata.ProtectedNames(), name, stranger)
		for _, n := range metadata.ProtectedNames() {
			if !n.Resembles(n.Name+" "+more, stranger) || !n.Resembles(strings.ToUpper(n.Name), stranger) {
				t.Errorf("%q with %q is not flagged", n.Name, more)
			}
			vendor, err := metadata.PublisherOf(n.Domains[0])
			if err != nil || n.Resembles(name, vendor) {
				t.Errorf("%q of the vendor %q is flagged: %v", name, n.Domains[0], err)
			}
		}
	})
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
