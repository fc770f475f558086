package metadata_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fc28f635/countersign/metadata"
)

// seed adds the files of the vectors of one kind, and refuses an empty corpus.
func seed(f *testing.F, kind string, files ...string) {
	f.Helper()
	added := 0
	for _, v := range vectors(f, kind) {
		for _, name := range files {
			if content, ok := v.Files[name]; ok {
				f.Add(string(content))
				added++
			}
		}
	}
	if added == 0 {
		f.Fatalf("no seeds in vectors of kind %s: have the files been renamed?", kind)
	}
}

// same compares what was read with what was printed and read again. JSON values
// are compared as written.
func same(t *testing.T, a, b any) {
	t.Helper()
	if d := cmp.Diff(a, b, cmp.AllowUnexported(metadata.Publisher{}, metadata.ClientID{}), cmpopts.EquateEmpty()); d != "" {
		t.Errorf("printed and read again (-first +again):\n%s", d)
	}
}

func FuzzParseStatement(f *testing.F) {
	seed(f, "merge", "stated.json")
	f.Add(payload)
	f.Add(string(object(baseClaims(), "cnf", `{"jkt":"x"}`, "aud", `["https://as.example"]`, "nbf", "1767225601")))
	f.Fuzz(func(t *testing.T, data string) {
		s, err := metadata.ParseStatement([]byte(data))
		if err != nil {
			defects(t, err)
			return
		}
		if s.Publisher.IsZero() || s.IssuedAt >= s.ExpiresAt || s.ID == "" || s.Client.SoftwareID == "" || s.Client.SoftwareStatement != "" {
			t.Errorf("accepted %q as %+v", data, s)
		}
		printed, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		again, err := metadata.ParseStatement(printed)
		if err != nil {
			t.Fatalf("%s: %v", printed, err)
		}
		same(t, compact(t, s.Client), compact(t, again.Client))
		s.Client, again.Client, s.Confirmation, again.Confirmation = metadata.Client{}, metadata.Client{}, nil, nil
		same(t, s, again)
	})
}

// compact writes the raw values of a client without white space, as json.Marshal
// does with the results of MarshalJSON.
func compact(t *testing.T, c metadata.Client) metadata.Client {
	t.Helper()
	c = c.Clone()
	shrink := func(raw json.RawMessage) json.RawMessage {
		if len(raw) == 0 {
			return nil
		}
		out, err := json.Marshal(raw)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	c.JWKS = shrink(c.JWKS)
	for name, value := range c.More {
		c.More[name] = shrink(value)
	}
	return c
}

func FuzzParseClient(f *testing.F) {
	seed(f, "merge", "plain.json", "stated.json", "effective.json")
	f.Fuzz(func(t *testing.T, data string) {
		c, err := metadata.ParseClient([]byte(data))
		if err != nil {
			defects(t, err)
			return
		}
		printed, err := c.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		again, err := metadata.ParseClient(printed)
		if err != nil {
			t.Fatalf("%s: %v", printed, err)
		}
		same(t, c, again)
		if err := c.Check(); err != nil {
			defects(t, err)
		}
		if metadata.ShapeOf(c) == "" {
			t.Errorf("%q has no shape", data)
		}
	})
}

func FuzzParseDocument(f *testing.F) {
	seed(f, "document", "document.json")
	id, err := metadata.ParseClientID("https://acme.example/mcp/client.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data string) {
		d, err := metadata.ParseDocument([]byte(data), id)
		if err != nil {
			defects(t, err)
			return
		}
		if d.Client.ClientID != id.String() || d.Client.ClientName == "" || strings.HasPrefix(d.Client.TokenEndpointAuthMethod, "client_secret") {
			t.Errorf("accepted %q as %+v", data, d)
		}
		printed, err := d.Client.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		again, err := metadata.ParseDocument(printed, id)
		if err != nil {
			t.Fatalf("%s: %v", printed, err)
		}
		same(t, d, again)
	})
}

func FuzzParsePublisherDocument(f *testing.F) {
	seed(f, "statement", "https://acme.example/.well-known/client-publisher.json")
	f.Add(publisherDocument)
	origin := metadata.MustPublisher("https://acme.example")
	f.Fuzz(func(t *testing.T, data string) {
		d, err := metadata.ParsePublisherDocument([]byte(data), origin)
		if err != nil {
			defects(t, err)
			return
		}
		printed, err := d.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		again, err := metadata.ParsePublisherDocument(printed, origin)
		if err != nil {
			t.Fatalf("%s: %v", printed, err)
		}
		same(t, d, again)
		if (d.Clients == nil) != (again.Clients == nil) {
			t.Errorf("%q: an empty list of clients is not an absent one", data)
		}
	})
}

func FuzzParseKeyRecord(f *testing.F) {
	for _, v := range vectors(f, "record") {
		for _, record := range v.Records() {
			f.Add(record)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := metadata.ParseKeyRecord(text)
		if err != nil {
			if r != (metadata.KeyRecord{KeyID: r.KeyID}) {
				t.Errorf("malformed %q has more than a kid: %+v", text, r)
			}
			return
		}
		if !metadata.IsKeyRecord(text) || metadata.CheckKeyID(r.KeyID) != nil {
			t.Errorf("%q is read, and is no key record", text)
		}
		if again, err := metadata.ParseKeyRecord(r.String()); err != nil || again != r {
			t.Errorf("%q prints as %q, which is %+v, %v", text, r, again, err)
		}
	})
}

func FuzzRedirectURI(f *testing.F) {
	seed(f, "redirect_uri", "redirect.txt")
	f.Fuzz(func(t *testing.T, s string) {
		r, err := metadata.ParseRedirectURI(s)
		if err != nil {
			return
		}
		u, err := url.Parse(s)
		if err != nil {
			t.Fatalf("net/url refuses %q: %v", s, err)
		}
		host := u.Hostname()
		if strings.HasPrefix(r.Host(), "[") {
			host = "[" + host + "]"
		}
		if r.Class() == metadata.RedirectPrivate {
			host = ""
		}
		if u.User != nil || u.Fragment != "" || strings.Contains(s, "#") || host != r.Host() || u.Scheme != r.Scheme() {
			t.Errorf("%q: host %q of scheme %q, and net/url says %+v", s, r.Host(), r.Scheme(), u)
		}
		canonical, err := metadata.ParseRedirectURI(r.Canonical())
		if err != nil || !canonical.Matches(r) || canonical.Canonical() != r.Canonical() {
			t.Errorf("%q: canonical form %q is %v", s, r.Canonical(), err)
		}
	})
}

func FuzzClientID(f *testing.F) {
	seed(f, "client_id", "client_id.txt")
	f.Fuzz(func(t *testing.T, s string) {
		id, err := metadata.ParseClientID(s)
		if err != nil {
			return
		}
		u, err := url.Parse(s)
		if err != nil {
			t.Fatalf("net/url refuses %q: %v", s, err)
		}
		if u.String() != s || id.String() != s || u.Scheme != "https" || u.User != nil || u.Fragment != "" || u.RawQuery != "" || u.ForceQuery ||
			u.Hostname() != id.Publisher().Domain() || u.JoinPath().String() != s && !strings.Contains(s, "//") {
			t.Errorf("%q of %q, and net/url says %+v", s, id.Publisher(), u)
		}
		if _, err := metadata.ParseRedirectURI(s); err != nil {
			t.Errorf("%q is a client_id and no URI: %v", s, err)
		}
	})
}

func FuzzMerge(f *testing.F) {
	for _, v := range vectors(f, "merge") {
		f.Add(string(v.Files["plain.json"]), string(v.Files["stated.json"]), v.Get("road") == "document")
	}
	f.Fuzz(func(t *testing.T, plain, stated string, document bool) {
		p, errPlain := metadata.ParseClient([]byte(plain))
		s, errStated := metadata.ParseClient([]byte(stated))
		if errPlain != nil || errStated != nil {
			return
		}
		road := metadata.RoadRegistration
		if document {
			road = metadata.RoadDocument
		}
		m, err := metadata.Merge(p, s, road)
		if err != nil {
			defects(t, err)
			return
		}
		checkMerged(t, p, s, road, m)
	})
}
