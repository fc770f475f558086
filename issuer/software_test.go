package issuer

import (
	"slices"
	"testing"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
)

func TestSoftware(t *testing.T) {
	o := newOffice(t, secure, signedZone(""), nil)
	c := agent(stated(t, vectortest.Genuine, nil))
	first, second := o.decide(t, registration(c)), o.decide(t, registration(c))
	s := Software{}.See(first).See(second).See(second)
	if s.Decisions != 2 || s.Decision != second.ID || s.Shape != first.Shape || s.Name != "Acme Agent" || s.Tier != TierSigned ||
		s.Publisher != vectortest.Acme || !s.First.Equal(first.At) || !slices.Equal(s.Codes, []string{"acme.example"}) {
		t.Errorf("%+v", s)
	}
	c.Scope = "files:write"
	denied := o.decide(t, registration(c))
	wantDecision(t, denied, Denied, TierUnverified, metadata.ReasonScopeEmpty)
	if s = s.See(denied); s.Decisions != 3 || s.Name != "Acme Agent" || !slices.Equal(s.Codes, []string{"acme.example"}) || s.Tier != TierUnverified {
		t.Errorf("after a refusal %+v", s)
	}
	if s := (Software{}).See(denied); s.Codes == nil {
		t.Errorf("of a refusal alone %+v", s)
	}
}

func TestCodesGo(t *testing.T) {
	c := metadata.Client{RedirectURIs: []string{"http://127.0.0.1:1/a", "http://localhost/b", "cursor://x/cb", "https://a.example/1", "https://a.example/2", "https://b.example/", "https://c.example/", "no uri"}}
	if got, want := codesGo(c), []string{"this computer", "cursor:", "a.example", "b.example"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
