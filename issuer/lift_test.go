package issuer

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
)

// An operator's word, and nothing else, ends what is remembered against a key.
func TestLiftKey(t *testing.T) {
	o := newOffice(t, secure, map[string]string{"dns.zone": keyRecords("")}, nil)
	req := registration(agent(stated(t, vectortest.Genuine, nil)))
	key := vectortest.Genuine.Key.Thumbprint()
	if err := o.store.Expose(t.Context(), []string{key}, vectortest.DrawnNow.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	wantDecision(t, o.decide(t, req), Denied, TierBlocked, metadata.ReasonKeyExposed)
	o.accept(t, acceptance(nil))
	wantDecision(t, o.decide(t, req), Denied, TierBlocked, metadata.ReasonKeyExposed)
	if err := o.LiftKey(t.Context(), key, Word{Actor: "ada"}); err == nil {
		t.Error("it was lifted for no reason")
	}
	if err := o.LiftKey(t.Context(), key, Word{Actor: "ada", Reason: "a key for tests"}); err != nil {
		t.Fatal(err)
	}
	wantDecision(t, o.decide(t, req), Approved, TierAccepted, "")
	a := o.store.acts[len(o.store.acts)-1]
	if a.Verb != VerbLift || a.Subject != key || a.Actor != "ada" || a.Reason != "a key for tests" || !a.At.Equal(vectortest.DrawnNow) {
		t.Errorf("the record is %+v", a)
	}
}

func TestLiftDocument(t *testing.T) {
	id, err := metadata.ParseClientID(vectortest.DocumentURL)
	if err != nil {
		t.Fatal(err)
	}
	document := func(age time.Duration) string {
		s := stated(t, vectortest.Genuine, func(s *metadata.Statement) {
			s.IssuedAt = vectortest.DrawnNow.Add(-age).Unix()
			s.Client.ClientID = vectortest.DocumentURL
		})
		return strings.Replace(pinnedDocument, "{", `{"software_statement":"`+s+`",`, 1)
	}
	now := vectortest.DrawnNow
	o := newOffice(t, secure, map[string]string{"dns.zone": keyRecords(""), vectortest.DocumentURL: document(time.Hour)}, func(cfg *Config) { cfg.Now = func() time.Time { return now } })
	o.world.Clock(func() time.Time { return now })
	serve := func(age time.Duration) {
		o.world.Serve(vectortest.DocumentURL, []byte(document(age)))
		now = now.Add(10 * time.Minute)
	}
	req := Request{ClientID: vectortest.DocumentURL}
	dry := Request{ClientID: vectortest.DocumentURL, DryRun: true}
	approved := func(req Request) {
		t.Helper()
		if d := o.decide(t, req); d.Outcome != Approved || d.Tier < TierDomain {
			t.Errorf("%s %s %s", d.Outcome, d.Tier, d.Reason)
		}
	}
	approved(req)
	serve(0)
	approved(dry)
	serve(time.Hour)
	approved(req) // O13: what a dry run saw is no step
	serve(0)
	approved(req)
	serve(time.Hour)
	wantDecision(t, o.decide(t, req), Denied, TierUnverified, metadata.ReasonStatementRollback)
	wantDecision(t, o.decide(t, dry), Denied, TierUnverified, metadata.ReasonStatementRollback)
	if err := o.LiftDocument(t.Context(), id, Word{Actor: "ada"}); err == nil {
		t.Error("it was lifted for no reason")
	}
	if err := o.LiftDocument(t.Context(), id, Word{Actor: "ada", Reason: "by mistake"}); err != nil {
		t.Fatal(err)
	}
	approved(req)
	if a := o.store.acts[len(o.store.acts)-1]; a.Verb != VerbLift || a.Subject != vectortest.DocumentURL {
		t.Errorf("the record is %+v", a)
	}
}

// A store that does not record the word does not have it acted upon.
func TestLiftIsRecordedOrNotDone(t *testing.T) {
	o := newOffice(t, secure, map[string]string{"dns.zone": keyRecords("")}, nil)
	o.store.fail = ErrStorageFull
	if err := o.LiftKey(t.Context(), vectortest.Genuine.Key.Thumbprint(), Word{Actor: "ada", Reason: "why"}); !errors.Is(err, ErrStorageFull) {
		t.Errorf("lifting: %v", err)
	}
	if len(o.store.acts) > 0 {
		t.Errorf("acts %v", o.store.acts)
	}
}

func TestCheckThumbprint(t *testing.T) {
	good := vectortest.Genuine.Key.Thumbprint()
	if err := CheckThumbprint(good); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"", good[1:], good + "A", good[:42] + "=", good[:21] + "\n" + good[21:], "https://acme.example"} {
		if CheckThumbprint(bad) == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
