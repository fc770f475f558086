package issuer

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
)

// What is accepted, and while it is, names its publisher and what that one's
// software is called: not what strangers call themselves who send codes to it.
func TestAcceptedNames(t *testing.T) {
	var acts []Verb
	o := newOffice(t, secure, signedZone(""), func(cfg *Config) { cfg.OnAct = func(a Act) { acts = append(acts, a.Verb) } })
	want := func(what string, want ...metadata.ProtectedName) {
		t.Helper()
		got, err := o.AcceptedNames(t.Context())
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("%s: %v (-want +got):\n%s", what, err, d)
		}
	}
	called := func(name, domain string) metadata.ProtectedName {
		return metadata.ProtectedName{Name: name, Domains: []string{domain}}
	}
	posing := metadata.Client{ClientName: "Free Money", RedirectURIs: []string{"https://acme.example/callback"}}
	local := metadata.Client{ClientName: "Local", RedirectURIs: []string{"http://127.0.0.1/callback"}}
	o.decide(t, registration(agent(stated(t, vectortest.Genuine, nil))))
	want("before anybody said anything")

	o.accept(t, acceptance(nil))
	want("before it was decided on again", called("", "acme.example"))
	o.decide(t, registration(agent(stated(t, vectortest.Genuine, nil))))
	posed := o.decide(t, registration(posing))
	if posed.Publisher != vectortest.Acme || posed.Tier >= TierAccepted {
		t.Fatalf("the stranger is %s of %s", posed.Tier, posed.Publisher)
	}
	want("as its publisher is accepted", called("", "acme.example"), called("Acme Agent", "acme.example"))

	alike := o.decide(t, registration(local))
	o.accept(t, acceptance(func(a *Acceptance) { a.Publisher, a.Shape = metadata.Publisher{}, alike.Shape }))
	want("a shape is nobody's", called("", "acme.example"), called("Acme Agent", "acme.example"))
	o.accept(t, acceptance(func(a *Acceptance) { a.Shape = posed.Shape }))
	want("the shape that was seen", called("", "acme.example"), called("Acme Agent", "acme.example"), called("Free Money", "acme.example"))
	if len(acts) != 3 || acts[0] != VerbAccept {
		t.Errorf("told of %v", acts)
	}

	o.store.accepted = []Acceptance{acceptance(func(a *Acceptance) { a.Until = vectortest.DrawnNow })}
	want("at its end")
	o.store.accepted = []Acceptance{acceptance(func(a *Acceptance) { a.At = vectortest.DrawnNow.Add(time.Second) })}
	want("before its beginning")
	o.store.fail = errors.New("no disk")
	if _, err := o.AcceptedNames(t.Context()); !errors.Is(err, o.store.fail) {
		t.Errorf("of a store that fails: %v", err)
	}
}
