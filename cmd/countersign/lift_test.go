package main

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/store/badgerstore"
	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// A key and a document are lifted once each, and the record says by whom.
func TestLift(t *testing.T) {
	dir := shortDir(t)
	s, err := startService(t.Context(), smallService(dir))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	store, err := badgerstore.Open(badgerstore.Config{Dir: dir, Small: true, MinFreeBytes: demoFreeBytes, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	key := vectortest.Genuine.Key.Thumbprint()
	id, err := metadata.ParseClientID(vectortest.DocumentURL)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Expose(t.Context(), []string{key}, time.Unix(0, 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Issued(t.Context(), vectortest.Acme, id, 1); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	for what, said := range map[string]string{key: "lifted: key " + key, vectortest.DocumentURL: "lifted: statements at " + vectortest.DocumentURL} {
		lift := []string{"lift", what, "--data", dir, "--reason", "by mistake", "--actor", "ada"}
		if code, out, errs := runCommand(t.Context(), lift...); code != exitOK || out != said+"\n" {
			t.Errorf("exit %d, %s%s", code, out, errs)
		}
		if code, _, errs := runCommand(t.Context(), lift...); code != exitFailed || !strings.Contains(errs, "nothing of this kind to end") {
			t.Errorf("twice: exit %d, %s", code, errs)
		}
		if code, _, _ := runCommand(t.Context(), "lift", what, "--data", dir); code != exitUsage {
			t.Errorf("without a reason: exit %d", code)
		}
	}
	_, acts, _ := runCommand(t.Context(), "acts", "--data", dir)
	for _, want := range []string{"lift    " + key, "lift    " + vectortest.DocumentURL} {
		if !strings.Contains(strings.Join(strings.Fields(acts), " "), strings.Join(strings.Fields(want), " ")) {
			t.Errorf("%q is not among the acts:\n%s", want, acts)
		}
	}
}

// why names the command for what is remembered, and for nothing that the document
// itself shows.
func TestWhyNamesLift(t *testing.T) {
	f := operatorFlags{service: serverFlags{data: "data"}}
	denied := func(reason metadata.Reason, e verify.Evidence) issuer.Decision {
		return issuer.Decision{Outcome: issuer.Denied, Reason: reason, Findings: []verify.Finding{{Check: verify.CheckForm, Status: verify.Passed},
			{Check: verify.CheckKeyLine, Reason: reason, Evidence: e}}}
	}
	for want, d := range map[string]issuer.Decision{
		"countersign lift abc --reason '…' --data data":                    denied(metadata.ReasonKeyExposed, verify.Evidence{Thumbprint: "abc"}),
		"countersign lift https://acme.example/c --reason '…' --data data": denied(metadata.ReasonStatementRollback, verify.Evidence{Name: "https://acme.example/c"}),
		"": denied(metadata.ReasonKeyExposed, verify.Evidence{}),
	} {
		if got := strings.Join(f.nextCommands(d), "\n"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := f.nextCommands(denied(metadata.ReasonKeyRevoked, verify.Evidence{Thumbprint: "abc"})); len(got) > 0 {
		t.Errorf("a revoked key: %q", got)
	}
}
