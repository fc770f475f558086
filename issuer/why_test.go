package issuer

import (
	"strings"
	"testing"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// Every refusal and narrowing says where it is explained, in characters that RFC
// 6749, Section 5.2 allows, and repeats nothing of the input.
func TestRefusalsHaveAnAddress(t *testing.T) {
	const id, base = "d0123456789abcdef0123456789abcdef", "https://trust.example/base"
	for _, reason := range metadata.Reasons() {
		t.Run("H19 H20 "+string(reason), func(t *testing.T) {
			plain := Decision{ID: id}.deny(reason)
			d := plain
			d.explainAt(base)
			if plain.Unavailable() { // it is not recorded
				if d.Why != "" || d.OAuthError.URI != "" || *d.OAuthError != *plain.OAuthError {
					t.Errorf("%+v has an address, and no record", d.OAuthError)
				}
				return
			}
			want := OAuthError{Status: plain.OAuthError.Status, Error: plain.OAuthError.Error,
				Description: reason.Problem().Sentence + " See " + base + "/why/" + id, URI: base + "/why/" + id}
			if *d.OAuthError != want || d.Why != want.URI {
				t.Errorf("got %+v, want %+v", *d.OAuthError, want)
			}
			if plain.OAuthError.URI != "" {
				t.Error("the decision that was copied has changed")
			}
			notAllowed := func(c rune) bool { return c < ' ' || c > '~' || c == '"' || c == '\\' }
			if strings.ContainsFunc(want.Description, notAllowed) || strings.ContainsFunc(want.URI, func(c rune) bool { return notAllowed(c) || c == ' ' }) {
				t.Errorf("RFC 6749, Section 5.2 does not allow %q", want.Description)
			}
			d = plain
			if d.explainAt(""); d.Why != "" || *d.OAuthError != *plain.OAuthError {
				t.Errorf("without an address: %+v", d.OAuthError)
			}
		})
	}
}

// An approval of less than was asked for says so; one of all that was asked for
// says nothing. Both can be looked up, and what is countersigned has no address.
func TestNarrowingsHaveAnAddress(t *testing.T) {
	const base = "https://trust.example"
	o := signingOffice(t, secure, TierSigned, func(cfg *Config) { cfg.PublicURL = base })
	narrow := agent(stated(t, vectortest.Genuine, nil))
	whole := agent(stated(t, vectortest.Genuine, func(s *metadata.Statement) { s.Client.Scope = "files:read" }))
	whole.Scope = "files:read"
	for name, c := range map[string]struct {
		client   metadata.Client
		narrowed bool
	}{"narrowed": {narrow, true}, "whole": {whole, false}} {
		t.Run(name, func(t *testing.T) {
			d := o.decide(t, registration(c.client))
			wantDecision(t, d, Approved, TierSigned, "")
			if d.Why != base+"/why/"+d.ID || (d.Narrowed != nil) != c.narrowed || d.OAuthError != nil {
				t.Errorf("why %q, narrowed %+v, cut %v, overridden %v", d.Why, d.Narrowed, d.Grant.ScopesCut, d.Overridden)
			}
			if want := (Narrowing{Description: "Less was granted than was asked for. See " + d.Why, URI: d.Why}); c.narrowed && *d.Narrowed != want {
				t.Errorf("got %+v, want %+v", *d.Narrowed, want)
			}
			for name, value := range claimsOf(t, d.Countersigned) {
				if text, ok := value.(string); ok && strings.Contains(text, "/why/") {
					t.Errorf("claim %s is %q", name, text)
				}
			}
			if kept, err := o.Decision(t.Context(), d.ID); err != nil || kept.Why != d.Why {
				t.Errorf("recorded with %q, error %v", kept.Why, err)
			}
		})
	}
	t.Run("without an address", func(t *testing.T) {
		d := newOffice(t, secure, signedZone(""), nil).decide(t, registration(narrow))
		if want := (Narrowing{Description: "Less was granted than was asked for."}); d.Why != "" || d.Narrowed == nil || *d.Narrowed != want {
			t.Errorf("why %q, narrowed %+v", d.Why, d.Narrowed)
		}
	})
}

func TestCheckPublicURL(t *testing.T) {
	for _, text := range []string{"https://trust.example", "https://trust.example:8443/countersign", "http://127.0.0.1:8640", "http://[::1]:8640", "http://localhost:1"} {
		if err := CheckPublicURL(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	verifier, err := verify.New(verify.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"", "trust.example", "//trust.example", "https:", "https://", "https://:443", "https:trust.example", "http://trust.example", "http://127.0.0.1.evil.example",
		"ftp://trust.example", "javascript://trust.example", "https://trust.example/", "https://trust.example/a/", "https://trust.example?", "https://trust.example?a=b",
		"https://trust.example#", "https://trust.example#a", "https://user@trust.example", "https://trust.example/a b", "https://trust.example/\"", `https://trust.example/\`,
		"https://trust.example/\r\nSet-Cookie: a", "https://trust.example/é", "https://trust.example/" + strings.Repeat("a", 256),
	} {
		if CheckPublicURL(text) == nil {
			t.Errorf("H19 %q is accepted", text)
		}
		if text == "" {
			continue
		}
		if _, err := NewRegistry(Config{Verifier: verifier, Store: newMemStore(), PublicURL: text}); err == nil || !strings.Contains(err.Error(), "PublicURL") {
			t.Errorf("H19 a registry takes %q: %v", text, err)
		}
	}
}
