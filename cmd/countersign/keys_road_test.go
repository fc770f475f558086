package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/attest"
	"github.com/fc28f635/countersign/internal/store/badgerstore"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
	"github.com/fc28f635/countersign/verify/online"
)

// A watched is a publisher on real servers, and a verifier with memory that
// looks at it. The verifier's clock, and that of the keys commands, is the
// test's.
type watched struct {
	*road
	registry     *issuer.Registry
	now          time.Time
	corroborated bool   // the verifier asks resolvers of two operators
	standby      string // where the private part of the standby is
	last         issuer.Decision
}

// newWatched publishes a client that 2026a signed for two days, with the standby
// 2026b where that is wanted. The verifier has seen it, and its operator accepted
// the publisher.
func newWatched(t *testing.T, standby, corroborated bool) *watched {
	t.Helper()
	home := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, "config"))
	t.Setenv("HOME", home)
	r := &road{t: t, dir: filepath.Join(home, "acme"), served: filepath.Join(home, "www")}
	if err := os.Mkdir(r.served, 0o755); err != nil {
		t.Fatal(err)
	}
	w := &watched{road: r, corroborated: corroborated, now: time.Now(), standby: filepath.Join(home, "stick", "standby.pem")}
	testOnlyNow = func() time.Time { return w.now }
	t.Cleanup(func() { testOnlyNow = time.Now })
	out := r.run(0, "init", "acme.test", "--dir", r.dir, "--kid", "2026a", "--redirect-uri", "https://acme.test/callback")
	records := []txt{parseZoneLine(t, zoneLines.FindString(out))}
	r.run(0, "publish", "--dir", r.dir, "--no-doctor", "--expires", "48h")
	if standby {
		out := r.run(0, "keys", "standby", "acme.test", "--dir", r.dir, "--kid", "2026b", "-o", w.standby)
		records = append(records, parseZoneLine(t, zoneLines.FindString(out)))
	}
	r.names = startNameServer(t, filepath.Join(home, "dns"), "")
	web, caFile := startWebServer(t, filepath.Join(home, "web"), r.served)
	r.upload()
	w.serve(records...)

	ca, err := loadCA(caFile)
	if err != nil {
		t.Fatal(err)
	}
	store, err := badgerstore.Open(badgerstore.Config{Dir: filepath.Join(home, "data"), Small: true, MinFreeBytes: demoFreeBytes, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	resolvers := []online.Resolver{{Address: r.names.resolver, Operator: "one"}}
	if corroborated {
		second := freePort(t)
		_, port, _ := net.SplitHostPort(r.names.authority)
		startNamed(t, program(t, "named"), filepath.Join(home, "second"), second,
			fmt.Sprintf("recursion yes; dnssec-validation no; empty-zones-enable no; forward only; forwarders { 127.0.0.1 port %s; };", port), "")
		eventually(t, func() error { return has(t, second, fmt.Sprint(r.names.serial)) })
		resolvers = append(resolvers, online.Resolver{Address: second, Operator: "two"})
	}
	clock := func() time.Time { return w.now }
	verifier, err := online.New(online.Config{Memory: store, Resolvers: resolvers, RootCAs: ca, InsecureLoopback: true, Now: clock,
		InsecureConnectTo: func(address string) string {
			if address == "acme.test:443" {
				return web
			}
			return address
		}})
	if err != nil {
		t.Fatal(err)
	}
	if w.registry, err = issuer.NewRegistry(issuer.Config{Verifier: verifier, Store: store, Now: clock}); err != nil {
		t.Fatal(err)
	}
	if d := w.decide(); d.Tier != issuer.TierSigned {
		t.Fatalf("at the start: tier %s, %s %+v", d.Tier, d.Reason, d.Findings)
	}
	at := w.now.UTC().Truncate(time.Second)
	if _, err := w.registry.Accept(t.Context(), issuer.Acceptance{Publisher: metadata.MustPublisher("https://acme.test"), By: issuer.ByOperator,
		Actor: "Example Corp", Reason: "the rehearsal", At: at, Until: at.Add(365 * 24 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	w.last = w.decide()
	w.answers("acceptance", w.last, answersSigned)
	return w
}

// pass lets time go by for the verifier, which looks every hour.
func (w *watched) pass(d time.Duration) {
	w.t.Helper()
	for end := w.now.Add(d); w.now.Before(end); {
		w.now = w.now.Add(min(time.Hour, end.Sub(w.now)))
		w.decide()
	}
}

// decide asks about the metadata document.
func (w *watched) decide() issuer.Decision {
	w.t.Helper()
	return w.ask(issuer.Request{ClientID: "https://acme.test/mcp/client.json"})
}

// decideOn asks about a registration with a statement that a thief signs with
// the key in a file.
func (w *watched) decideOn(file, kid string) issuer.Decision {
	w.t.Helper()
	key, err := attest.Load(file, kid, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	client := metadata.Client{ClientName: "Acme Agent", RedirectURIs: []string{"https://acme.test/callback"}, SoftwareID: "acme.test"}
	at := time.Now()
	client.SoftwareStatement, err = key.Sign(metadata.Statement{Publisher: metadata.MustPublisher("https://acme.test"), IssuedAt: at.Unix(),
		ExpiresAt: at.Add(30 * 24 * time.Hour).Unix(), ID: fmt.Sprint(w.now.UnixNano()), Client: client})
	if err != nil {
		w.t.Fatal(err)
	}
	return w.ask(issuer.Request{Client: &client})
}

func (w *watched) ask(req issuer.Request) issuer.Decision {
	w.t.Helper()
	d, err := w.registry.Decide(w.t.Context(), req)
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

// answers holds a decision against what a keys command said it would be.
func (w *watched) answers(to string, d issuer.Decision, said string) {
	w.t.Helper()
	lineNew := slices.ContainsFunc(d.Findings, func(f verify.Finding) bool { return f.Reason == metadata.ReasonKeyLineNew })
	right := false
	switch {
	case said == answersSigned:
		right = d.Outcome == issuer.Approved && d.Tier == issuer.TierAccepted && !lineNew
	case said == answersNewLine:
		right = d.Outcome == issuer.Approved && d.Tier == issuer.TierDomain && lineNew
	case said == answersRevoked:
		right = d.Outcome == issuer.Denied && d.Reason == metadata.ReasonKeyRevoked
	case said == answersSuspends:
		right = d.Outcome == issuer.Denied && d.Reason == metadata.ReasonDNSUnavailable && d.Reason.Problem().Status == 503
	case said == answersUnknown:
		right = d.Outcome == issuer.Denied && d.Reason == metadata.ReasonKeyUnknown
	case strings.HasPrefix(said, "as before"):
		right = d.Outcome == w.last.Outcome && d.Tier == w.last.Tier && d.Reason == w.last.Reason
	}
	w.t.Logf("verifier at %s, to %s: %s, tier %s %s", clock(w.now), to, d.Outcome, d.Tier, d.Reason)
	if !right {
		w.t.Errorf("to %s: said %q, and the verifier answers %s, tier %s, %s\n%+v", to, said, d.Outcome, d.Tier, d.Reason, d.Findings)
	}
}

// keys runs a keys command and returns what it says.
func (w *watched) keys(args ...string) procedure {
	w.t.Helper()
	var p procedure
	if err := json.Unmarshal([]byte(w.run(0, append([]string{"keys"}, append(args, "--json")...)...)), &p); err != nil {
		w.t.Fatal(err)
	}
	return p
}

// do does one step as it is printed, and nothing else: commands, records, then
// the upload where it says so. Then it lets the verifier's memory of what it
// looked up run out, and holds its answers against those printed.
func (w *watched) do(s keyStep, thief func() issuer.Decision, kid string) {
	w.t.Helper()
	w.t.Logf("step: %s", s.Do)
	records := slices.Clone(w.records)
	for _, line := range s.Commands {
		line = strings.NewReplacer(standbyFile, w.standby, "-o FILE", "-o "+w.standby+".next").Replace(line)
		w.run(0, strings.Fields(line)[1:]...)
	}
	if s.Delete != nil {
		records = slices.DeleteFunc(records, func(t txt) bool { return t == parseZoneLine(w.t, s.Delete.ZoneLine) })
		if len(records) != len(w.records)-1 {
			w.t.Fatalf("no record %s", s.Delete.ZoneLine)
		}
	}
	if s.Add != nil {
		records = append(records, parseZoneLine(w.t, s.Add.ZoneLine))
	}
	if !slices.Equal(records, w.records) {
		w.serve(records...)
	}
	if strings.Contains(s.Do, "upload what") {
		w.upload()
	}
	w.pass(20 * time.Minute)
	w.check(s, thief, kid)
}

func (w *watched) check(s keyStep, thief func() issuer.Decision, kid string) {
	w.t.Helper()
	for _, c := range s.Seen {
		switch {
		case strings.Contains(c.To, "before that"), // a step of its own
			strings.HasSuffix(c.To, ", elsewhere") && w.corroborated,
			strings.Contains(c.To, ", where the zone is signed") && !w.corroborated:
		case strings.HasPrefix(c.To, "statements by "+kid) && thief != nil:
			w.answers(c.To, thief(), c.Answer)
		default:
			w.answers(c.To, w.decide(), c.Answer)
		}
	}
}

// TestKeysRehearsal follows what the keys commands print, on a real name server,
// real resolvers and a real web server, while a verifier with memory watches:
// what it answers at each step is what they said.
func TestKeysRehearsal(t *testing.T) {
	t.Run("J4 rotation", rehearseRotation)
	t.Run("lost, with a standby", rehearseLostWithStandby)
	t.Run("lost, without a standby, waiting", func(t *testing.T) { rehearseLost(t, true) })
	t.Run("lost, without a standby, at once", func(t *testing.T) { rehearseLost(t, false) })
	t.Run("stolen, one resolver", func(t *testing.T) { rehearseStolen(t, true, false) })
	t.Run("stolen, two resolvers agree", func(t *testing.T) { rehearseStolen(t, true, true) })
	t.Run("stolen, without a standby", func(t *testing.T) { rehearseStolen(t, false, true) })
}

func rehearseRotation(t *testing.T) {
	w := newWatched(t, false, false)
	p := w.keys("new", "acme.test", "--dir", w.dir, "--kid", "2026b")
	if p.SignsFrom == nil || len(p.Steps) != 5 {
		t.Fatalf("%+v", p)
	}
	add, upload, wait, sign, retire := p.Steps[0], p.Steps[1], p.Steps[2], p.Steps[3], p.Steps[4]
	w.do(add, nil, "")
	w.do(upload, nil, "")
	// What it warns of: the new key signs too early.
	early := func() issuer.Decision {
		return w.decideOn(filepath.Join(os.Getenv("XDG_CONFIG_HOME"), "countersign", "acme.test", "2026b.pem"), "2026b")
	}
	w.answers(wait.Seen[0].To, early(), wait.Seen[0].Answer)
	w.pass(p.SignsFrom.Sub(w.now) + time.Hour)
	w.answers("2026b in time", early(), answersSigned)
	w.do(sign, nil, "")
	line := strings.Fields(retire.Commands[0])[1:]
	w.run(1, line...) // what 2026a signed lives
	w.pass(48 * time.Hour)
	ended := w.keys(line[1:]...)
	if ended.Successor != "2026b" || len(ended.Costs) != 0 {
		t.Errorf("%+v", ended)
	}
	w.last = w.decide()
	aside := filepath.Join(os.Getenv("XDG_CONFIG_HOME"), "countersign", "acme.test", "retired", "2026a.pem")
	for _, s := range ended.Steps {
		w.do(s, func() issuer.Decision { return w.decideOn(aside, "2026a") }, "2026a")
	}
	w.answers("statements by 2026b at the end", w.decide(), answersSigned)
}

// lose deletes the private part of 2026a.
func (w *watched) lose() {
	w.t.Helper()
	if err := os.Remove(filepath.Join(os.Getenv("XDG_CONFIG_HOME"), "countersign", "acme.test", "2026a.pem")); err != nil {
		w.t.Fatal(err)
	}
}

func rehearseLostWithStandby(t *testing.T) {
	w := newWatched(t, true, false)
	w.pass(25 * time.Hour)
	w.last = w.decide()
	w.lose()
	p := w.keys("lost", "acme.test", "2026a", "--dir", w.dir)
	if p.Successor != "2026b" || len(p.Steps) != 4 {
		t.Fatalf("%+v", p)
	}
	for _, s := range p.Steps[:3] {
		w.do(s, nil, "")
	}
	w.pass(48 * time.Hour)
	w.keys(strings.Fields(p.Steps[3].Commands[0])[2:]...)
}

func rehearseLost(t *testing.T, waiting bool) {
	w := newWatched(t, false, false)
	w.lose()
	p := w.keys("lost", "acme.test", "2026a", "--dir", w.dir)
	if p.SignsFrom == nil || len(p.Steps) != 5 || len(p.Costs) != 4 {
		t.Fatalf("%+v", p)
	}
	w.do(p.Steps[0], nil, "")
	made := w.keys("new", "acme.test", "--dir", w.dir, "--kid", "2026b")
	w.do(made.Steps[0], nil, "")
	w.upload()
	sign := p.Steps[2]
	sign.Commands = []string{strings.Replace(sign.Commands[0], "NEW", "2026b", 1)}
	if waiting {
		w.pass(25 * time.Hour)
		w.do(sign, nil, "")
		w.answers(sign.Seen[1].To, w.decide(), sign.Seen[1].Answer)
		return
	}
	w.do(sign, nil, "")
	w.upload()
	w.pass(20 * time.Minute)
	w.answers(sign.Seen[0].To, w.decide(), sign.Seen[0].Answer)
}

func rehearseStolen(t *testing.T, standby, corroborated bool) {
	w := newWatched(t, standby, corroborated)
	w.pass(25 * time.Hour)
	w.last = w.decide()
	p := w.keys("stolen", "acme.test", "2026a", "--dir", w.dir)
	if len(p.Steps) != 4 {
		t.Fatalf("%+v", p)
	}
	thief := func() issuer.Decision {
		return w.decideOn(filepath.Join(os.Getenv("XDG_CONFIG_HOME"), "countersign", "acme.test", "retired", "2026a.pem"), "2026a")
	}
	w.answers("the thief, before", thief(), answersSigned)
	if !standby { // the new key has a record to add
		made := w.keys(strings.Fields(p.Steps[0].Commands[0])[2:]...)
		w.serve(append(w.records, parseZoneLine(t, made.Steps[0].Add.ZoneLine))...)
		p.Steps[0].Commands = p.Steps[0].Commands[1:]
	}
	for _, s := range p.Steps {
		w.do(s, thief, "2026a")
	}
	w.answers("the thief, in the end", thief(), answersRevoked)
	if !standby {
		w.pass(70 * time.Hour) // and an hour since the record was there
		w.answers("the new line, after 71 h", w.decide(), answersNewLine)
		w.pass(3 * time.Hour)
		d := w.decide()
		t.Logf("the new line, after 74 h: tier %s", d.Tier)
		if d.Tier < issuer.TierSigned {
			t.Errorf("the new line is held for more than 72 h: tier %s, %s\n%+v", d.Tier, d.Reason, d.Findings)
		}
	}
}
