package issuer

import (
	"errors"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/vectortest"
)

// What is said is recorded, in force, listed by what it is of, and ended once.
func TestObserveAndEnforce(t *testing.T) {
	const mcp = "https://files.example/mcp"
	o := newOffice(t, secure, signedZone(""), func(cfg *Config) {
		cfg.Policy = declaring(t, "authorization_servers:\n  - {issuer: https://as.example, mode: enforce}\n"+
			"resources:\n  - {resource: "+mcp+", mode: observe, tools: {read: {scope: r, class: read}}}\n")
	})
	word := Word{Actor: "ada", Reason: "mended"}
	said := Observation{Of: "https://FILES.example/mcp", Actor: "ada", Reason: "a wrong policy", At: vectortest.DrawnNow.Add(-time.Hour), Until: vectortest.DrawnNow.Add(limits.ObservationLongest)}
	got, err := o.Observe(t.Context(), said)
	if err != nil || !got.At.Equal(o.Now()) {
		t.Fatalf("%+v, %v: it begins when it is recorded", got, err)
	}
	if _, err := o.Observe(t.Context(), Observation{Actor: "ada", Reason: "all", Until: vectortest.DrawnNow.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	said.Until = said.Until.Add(time.Second)
	if _, err := o.Observe(t.Context(), said); err == nil {
		t.Error("one for longer than a day is recorded")
	}
	m, err := o.Modes(t.Context())
	if err != nil || len(m.Declared) != 2 || len(m.Observations) != 2 {
		t.Fatalf("%+v, %v", m, err)
	}
	server, resource := m.Declared[0], m.Declared[1]
	if server.AuthorizationServer != "https://as.example" || server.Mode != ModeEnforce || server.Observation == nil || server.Observation.Of != "" {
		t.Errorf("the authorization server: %+v", server)
	}
	if resource.Resource != mcp || resource.Mode != ModeObserve || resource.Observation == nil || resource.Observation.Of != got.Of {
		t.Errorf("the resource, of which the longer one is told: %+v", resource)
	}
	for _, of := range []string{got.Of, ""} {
		if err := o.Enforce(t.Context(), of, Word{Actor: "ada"}); err == nil {
			t.Errorf("%q is ended without a reason", of)
		}
		if err := o.Enforce(t.Context(), of, word); err != nil {
			t.Errorf("ending %q: %v", of, err)
		}
		if err := o.Enforce(t.Context(), of, word); !errors.Is(err, ErrNotFound) {
			t.Errorf("ending %q twice: %v", of, err)
		}
	}
	if m, err := o.Modes(t.Context()); err != nil || len(m.Observations) > 0 || m.Declared[0].Observation != nil {
		t.Errorf("%+v, %v", m, err)
	}
	acts := o.store.acts
	if len(acts) != 4 {
		t.Fatalf("%+v", acts)
	}
	for i, want := range []struct {
		verb    Verb
		subject string
	}{{VerbObserve, got.Of}, {VerbObserve, ObservedEverything}, {VerbEnforce, got.Of}, {VerbEnforce, ObservedEverything}} {
		if a := acts[i]; a.Verb != want.verb || a.Subject != want.subject || a.Actor != "ada" || a.Until.IsZero() != (a.Verb == VerbEnforce) {
			t.Errorf("act %d: %+v", i, a)
		}
	}
}
