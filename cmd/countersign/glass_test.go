package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/issuer"
)

// Two hours in which nothing is enforced, by the clock of the service: what was
// asked for passes, what is blocked does not, nothing is countersigned, a restart
// changes nothing, and they end without anybody doing anything.
func TestBrokenGlass(t *testing.T) {
	r := newRotation(t)
	registration := strings.Replace(signedRegistration(t, r.cfg), `{"client":{`, `{"client":{"scope":"files.read",`, 1)
	var told bytes.Buffer
	g := newGlass(slog.New(slog.NewTextHandler(&told, nil)))
	look := func(want string) {
		t.Helper()
		told.Reset()
		g.look(t.Context(), r.service.registry)
		if got := told.String(); (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("the log has %q, want %q", got, want)
		}
	}
	decide := func(body string) issuer.Decision {
		t.Helper()
		_, d, err := postDecision(r.service.url(), r.key, body)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	enforced := func(when string) {
		t.Helper()
		if d := decide(`{"client":` + goodRegistration + `}`); d.Mode != "" || d.Would != nil || d.Grant.Scope != "files.read" {
			t.Errorf("%s: mode %q, scope %q", when, d.Mode, d.Grant.Scope)
		}
		r.sign(t)
	}
	observed := func(when string) {
		t.Helper()
		d := decide(`{"client":` + goodRegistration + `}`)
		if d.Mode != issuer.ModeObserve || d.Observation == nil || d.Observation.Actor != "ada" || d.Would == nil || d.Would.Grant.Scope != "files.read" || d.Grant.Scope != "files.read files.write" {
			t.Errorf("%s: mode %q, by %+v, would %+v, scope %q", when, d.Mode, d.Observation, d.Would, d.Grant.Scope)
		}
		if d := decide(registration); d.Countersigned != "" || d.Mode != issuer.ModeObserve || d.Tier < issuer.TierSigned {
			t.Errorf("%s: tier %s, mode %q, countersigned %.20q", when, d.Tier, d.Mode, d.Countersigned)
		}
	}
	command := func(args ...string) string {
		t.Helper()
		code, out, errs := runCommand(t.Context(), append(args, "--data", r.cfg.Dir)...)
		if code != exitOK {
			t.Fatalf("%v: exit %d: %s", args, code, errs)
		}
		return out + errs
	}

	look("")
	enforced("before")
	command("mode", "observe", "--for", "2h", "--reason", "everybody is refused", "--actor", "ada")
	look(`level=WARN msg="decisions are not enforced" of=everything until=`)
	look("")
	observed("at once")
	command("hold", "acme.example", "--until", "90m", "--reason", "test")
	if d := decide(`{"client":{"client_name":"A","redirect_uris":["https://acme.example/cb"],"scope":"files.read"}}`); d.Outcome != issuer.Denied || d.Tier != issuer.TierBlocked || d.Mode != "" {
		t.Errorf("on hold: %s, tier %s, mode %q", d.Outcome, d.Tier, d.Mode)
	}
	if text := command("publishers", "list"); !strings.Contains(text, "warning: not enforced until ") {
		t.Errorf("a listing says nothing of it: %s", text)
	}

	if err := r.service.stop(); err != nil {
		t.Fatal(err)
	}
	r.service = serveTest(t, r.cfg)
	r.pass(2*time.Hour - 2*time.Second)
	observed("after a restart, in the last second")
	g = newGlass(g.log)
	look("decisions are not enforced") // at each start
	r.pass(2 * time.Second)
	enforced("at the end")
	look("decisions are enforced again")
	look("")
	if text := command("publishers", "list"); strings.Contains(text, "warning") {
		t.Errorf("a listing says that it goes on: %s", text)
	}
	acts, err := r.service.registry.Acts(t.Context(), 10)
	if err != nil || len(acts) == 0 || acts[0].Verb != issuer.VerbHold {
		t.Errorf("somebody did something after the hold: %+v, %v", acts, err)
	}

	command("mode", "observe", "--for", "24h", "--reason", "again", "--actor", "ada")
	observed("again")
	look("decisions are not enforced")
	command("mode", "enforce", "--reason", "mended")
	enforced("ended by an operator")
	look("decisions are enforced again")
}

// The gauge says how many are in force, and how many were is nothing to it.
func TestBrokenGlassIsMetered(t *testing.T) {
	l := startLive(t)
	scrape := l.scraper(t)
	now := l.service.registry.Now()
	for _, o := range []issuer.Observation{
		{Of: "https://as.example", Actor: "ada", Reason: "test", Until: now.Add(time.Hour)},
		{Actor: "ada", Reason: "test", Until: now.Add(24 * time.Hour)},
	} {
		if _, err := l.service.registry.Observe(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	if got := scrape()["countersign_observations"]; got != 2 {
		t.Errorf("countersign_observations is %v, want 2", got)
	}
	if err := l.service.registry.Enforce(t.Context(), "", issuer.Word{Actor: "ada", Reason: "test"}); err != nil {
		t.Fatal(err)
	}
	if got := scrape()["countersign_observations"]; got != 1 {
		t.Errorf("countersign_observations is %v, want 1", got)
	}
}
