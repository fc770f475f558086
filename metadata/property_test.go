package metadata_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/fc28f635/countersign/metadata"
)

// authenticating are the members that say how a client proves itself.
var authenticating = []string{"jwks", "jwks_uri", "token_endpoint_auth_method", "token_endpoint_auth_methods_supported",
	"token_endpoint_auth_signing_alg", "tls_client_auth_subject_dn", "tls_client_auth_san_dns", "software_id"}

// narrowed are the members whose plain value may be a subset of the stated one.
var narrowed = []string{"redirect_uris", "scope", "grant_types", "contacts", "software_statement"}

// labels counts what generators made, and prints the counts at the end: a
// property that holds because nothing interesting was made proves nothing.
type labels struct {
	mu    sync.Mutex
	count map[string]int
}

func newLabels(t *testing.T, needed ...string) *labels {
	l := &labels{count: map[string]int{}}
	t.Cleanup(func() {
		for _, name := range slices.Sorted(maps.Keys(l.count)) {
			t.Logf("%6d %s", l.count[name], name)
		}
		for _, name := range needed {
			if l.count[name] == 0 {
				t.Errorf("never made: %s", name)
			}
		}
	})
	return l
}

func (l *labels) add(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count[name]++
}

// fatalf is what *testing.T and *rapid.T have in common here.
type fatalf interface {
	Helper()
	Fatalf(format string, args ...any)
}

// checkMerged holds the result of Merge to its promises.
func checkMerged(t fatalf, plain, stated metadata.Client, road metadata.Road, m metadata.Merged) {
	t.Helper()
	effective, said, asked := members(t, m.Client), members(t, stated), members(t, plain)
	for name, value := range said {
		if !slices.Contains(narrowed, name) && effective[name] != value {
			t.Fatalf("stated %s is %s, and effective %s", name, value, effective[name])
		}
	}
	uris := stated.RedirectURIs
	if len(uris) == 0 && road == metadata.RoadDocument {
		uris = plain.RedirectURIs
	}
	for _, s := range m.Client.RedirectURIs {
		if !slices.ContainsFunc(uris, func(u string) bool {
			a, errA := metadata.ParseRedirectURI(u)
			b, errB := metadata.ParseRedirectURI(s)
			return errA == nil && errB == nil && a.Matches(b)
		}) {
			t.Fatalf("effective redirect URI %q is not among the stated %q", s, uris)
		}
	}
	for _, s := range m.Client.Scopes() {
		inStated, inAsked := slices.Contains(stated.Scopes(), s), slices.Contains(plain.Scopes(), s)
		if len(stated.Scopes()) > 0 && !inStated || len(plain.Scopes()) > 0 && !inAsked {
			t.Fatalf("scope %q of stated %q and asked %q", s, stated.Scope, plain.Scope)
		}
	}
	if len(stated.Scopes()) > 0 && len(m.Client.Scopes()) == 0 {
		t.Fatalf("the stated scope %q is gone", stated.Scope)
	}
	if len(stated.GrantTypes) > 0 {
		for _, g := range m.Client.GrantTypes {
			if !slices.Contains(stated.GrantTypes, g) {
				t.Fatalf("grant %q is not stated", g)
			}
		}
	}
	if len(m.Client.GrantTypes) == 0 || m.Client.TokenEndpointAuthMethod == "" {
		t.Fatalf("a default is missing: %+v", m.Client)
	}
	for name, value := range asked {
		_, isStated := said[name]
		if road == metadata.RoadRegistration && slices.Contains(authenticating, name) && !isStated && effective[name] == value && value != `"none"` {
			t.Fatalf("plain %s %s came through", name, value)
		}
		if !slices.Contains(narrowed, name) && canonical(effective[name]) != canonical(value) && !slices.Contains(m.Overridden, name) {
			t.Fatalf("plain %s %s became %s, and is not listed in %q", name, value, effective[name], m.Overridden)
		}
	}
}

func members(t fatalf, c metadata.Client) map[string]string {
	t.Helper()
	data, err := c.MarshalJSON()
	if err != nil {
		t.Fatalf("%v", err)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	texts := make(map[string]string, len(raw))
	for name, value := range raw {
		texts[name] = string(value)
	}
	return texts
}

// canonical compares values as Merge does, numbers as floating point.
func canonical(value string) string {
	var v any
	if err := json.Unmarshal([]byte(value), &v); err != nil {
		return value
	}
	return fmt.Sprintf("%#v", v)
}

func genClient() *rapid.Generator[metadata.Client] {
	pick := func(t *rapid.T, label string, from ...string) string { return rapid.SampledFrom(from).Draw(t, label) }
	some := func(t *rapid.T, label string, from ...string) []string {
		return rapid.SliceOfN(rapid.SampledFrom(from), 0, 3).Draw(t, label)
	}
	return rapid.Custom(func(t *rapid.T) metadata.Client {
		c := metadata.Client{
			ClientName: pick(t, "client_name", "", "Acme", "Claude", "ＡＣＭＥ\"\n"), SoftwareID: pick(t, "software_id", "", "acme", "evil"),
			RedirectURIs: some(t, "redirect_uris", "https://acme.example/a", "https://acme.example/b", "https://evil.example/cb",
				"http://localhost/cb", "http://localhost:1/cb", "http://127.0.0.1:2/cb", "acme:/cb"),
			GrantTypes:                  some(t, "grant_types", "authorization_code", "refresh_token", "client_credentials"),
			ResponseTypes:               some(t, "response_types", "code", "token"),
			Scope:                       strings.Join(some(t, "scope", "read", "write", "admin", "a\tb"), " "),
			TokenEndpointAuthMethod:     pick(t, "method", "", "", "none", "private_key_jwt"),
			TokenEndpointAuthSigningAlg: pick(t, "alg", "", "", "", "ES256"),
			JWKSURI:                     pick(t, "jwks_uri", "", "", "", "https://acme.example/j", "https://evil.example/j"),
			JWKS:                        json.RawMessage(pick(t, "jwks", "", "", "", `{"keys":[]}`, `{"keys":[{"kty":"OKP"}]}`)),
			LogoURI:                     pick(t, "logo_uri", "", "https://acme.example/l"), Contacts: some(t, "contacts", "a@acme.example", "b@acme.example"),
		}
		for _, name := range some(t, "more", "x", "client_name#ja", "tls_client_auth_san_dns", "SCOPE", "scope\x00") {
			if c.More == nil {
				c.More = map[string]json.RawMessage{}
			}
			c.More[name] = json.RawMessage(pick(t, name, `"a"`, `"b"`))
		}
		data, err := c.MarshalJSON() // read again, so that empty lists are absent ones
		if err != nil {
			t.Fatal(err)
		}
		read, err := metadata.ParseClient(data)
		if err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		return read
	})
}

func TestMergeProperty(t *testing.T) {
	l := newLabels(t, "merged registration", "merged document", "refused redirect_uri_not_stated", "refused member_not_stated", "refused scope_empty", "refused grant_forbidden", "overridden")
	rapid.Check(t, func(t *rapid.T) {
		plain, stated := genClient().Draw(t, "plain"), genClient().Draw(t, "stated")
		road := rapid.SampledFrom([]metadata.Road{metadata.RoadRegistration, metadata.RoadDocument}).Draw(t, "road")
		if rapid.Bool().Draw(t, "narrow") { // or most would be refused for a redirect URI
			plain.RedirectURIs, plain.JWKS, plain.JWKSURI, plain.More = stated.RedirectURIs, nil, "", nil
		}
		m, err := metadata.Merge(plain, stated, road)
		if err != nil {
			for _, d := range err.(metadata.Defects) { //nolint:errorlint // returned unwrapped
				l.add("refused " + string(d.Reason))
			}
			return
		}
		l.add(map[metadata.Road]string{metadata.RoadRegistration: "merged registration", metadata.RoadDocument: "merged document"}[road])
		if len(m.Overridden) > 0 {
			l.add("overridden")
		}
		checkMerged(t, plain, stated, road, m)
	})
}

func TestPrintProperty(t *testing.T) {
	l := newLabels(t, "more", "jwks", "statement", "instance statement")
	rapid.Check(t, func(t *rapid.T) {
		c := genClient().Draw(t, "client")
		if len(c.More) > 0 {
			l.add("more")
		}
		if len(c.JWKS) > 0 {
			l.add("jwks")
		}
		s := metadata.Statement{
			Publisher: metadata.MustPublisher("https://acme.example"), ID: rapid.StringN(1, 20, 80).Draw(t, "jti"), Client: c,
			IssuedAt: rapid.Int64Range(1420070400, 1767225600).Draw(t, "iat"), ExpiresAt: rapid.Int64Range(1767225601, 4102444799).Draw(t, "exp"),
			NotBefore: rapid.SampledFrom([]int64{0, 1767225600}).Draw(t, "nbf"), Audience: rapid.SampledFrom([]string{"", "https://as.example"}).Draw(t, "aud"),
		}
		s.Client.SoftwareID, s.Client.ClientName = "acme", "Acme"
		s.Client.RedirectURIs = append(s.Client.RedirectURIs, "https://acme.example/z")
		l.add("statement")
		if rapid.Bool().Draw(t, "instance") {
			l.add("instance statement")
			s.Confirmation = json.RawMessage(`{"jkt":"x"}`)
		}
		data, err := s.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		again, err := metadata.ParseStatement(data)
		if err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		if d := cmp.Diff(s, again, cmp.AllowUnexported(metadata.Publisher{})); d != "" {
			t.Fatalf("statement printed and read again (-want +got):\n%s", d)
		}
	})
}

func TestKeyRecordProperty(t *testing.T) {
	l := newLabels(t, "live", "revoked", "revoked without k")
	rapid.Check(t, func(t *rapid.T) {
		times := rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(1420070400, 4102444799))
		r := metadata.KeyRecord{
			KeyID:    rapid.StringMatching(`[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?`).Draw(t, "kid"),
			Type:     rapid.SampledFrom([]metadata.KeyType{metadata.KeyEd25519, metadata.KeyP256}).Draw(t, "k"),
			NotAfter: times.Draw(t, "x"), NotBefore: times.Draw(t, "n"),
			Subdomains: rapid.Bool().Draw(t, "s"), Instances: rapid.Bool().Draw(t, "u"), Test: rapid.Bool().Draw(t, "t"),
		}
		switch kind := rapid.SampledFrom([]string{"live", "revoked", "revoked without k"}).Draw(t, "kind"); kind {
		case "live":
			size := map[metadata.KeyType]int{metadata.KeyEd25519: 32, metadata.KeyP256: 33}[r.Type]
			r.PublicKey = string(rapid.SliceOfN(rapid.Byte(), size, size).Draw(t, "p"))
			l.add(kind)
		case "revoked without k":
			r.Type = ""
			l.add(kind)
		default:
			l.add(kind)
		}
		if again, err := metadata.ParseKeyRecord(r.String()); err != nil || again != r {
			t.Fatalf("%q is %+v, %v", r, again, err)
		}
	})
}

func TestShapeProperty(t *testing.T) {
	l := newLabels(t, "loopback", "no loopback")
	rapid.Check(t, func(t *rapid.T) {
		c := genClient().Draw(t, "client")
		shape := metadata.ShapeOf(c)
		moved := c.Clone()
		moved.RedirectURIs = rapid.Permutation(c.RedirectURIs).Draw(t, "redirects")
		moved.GrantTypes = rapid.Permutation(c.GrantTypes).Draw(t, "grants")
		label := "no loopback"
		for i, s := range moved.RedirectURIs {
			if strings.HasPrefix(s, "http://localhost") {
				moved.RedirectURIs[i] = fmt.Sprintf("http://localhost:%d/cb", rapid.IntRange(1, 65535).Draw(t, "port"))
				label = "loopback"
			}
		}
		l.add(label)
		moved.ClientName = " " + strings.ToUpper(c.ClientName)
		moved.Scope, moved.LogoURI, moved.More = "other", "", nil
		if got := metadata.ShapeOf(moved); got != shape {
			t.Fatalf("shape %s of %+v, and %s of %+v", shape, c, got, moved)
		}
		moved.RedirectURIs = append(moved.RedirectURIs, "https://more.example/cb")
		if metadata.ShapeOf(moved) == shape {
			t.Fatalf("one redirect URI more, and the same shape %s", shape)
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		// Case folding of Cherokee letters is no fixed point in x/text.
		name := rapid.String().Filter(func(s string) bool {
			return !strings.ContainsFunc(s, func(c rune) bool { return unicode.Is(unicode.Cherokee, c) })
		}).Draw(t, "name")
		if once := metadata.FoldName(name); metadata.FoldName(once) != once {
			t.Fatalf("%q folds to %q, and that to %q", name, once, metadata.FoldName(once))
		}
	})
}
