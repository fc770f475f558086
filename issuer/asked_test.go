package issuer

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// logged is an office and its log.
func logged(t *testing.T, header map[string][]string, files map[string]string) (*office, func(event string) map[string]any) {
	t.Helper()
	var log bytes.Buffer
	o := newOffice(t, header, files, func(cfg *Config) { cfg.Logger = slog.New(slog.NewJSONHandler(&log, nil)) })
	return o, func(event string) map[string]any {
		t.Helper()
		for line := range strings.Lines(log.String()) {
			var e map[string]any
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				t.Fatal(err)
			}
			if e["msg"] == event {
				return e
			}
		}
		t.Fatalf("no event %q in the log:\n%s", event, &log)
		return nil
	}
}

// A decision says which client it is about, in words that earn nothing.
func TestDecisionSaysWhatWasAsked(t *testing.T) {
	forged := agent(stated(t, vectortest.Foreign, nil))
	long := agent("")
	long.ClientName, long.RedirectURIs = strings.Repeat("é", 60), []string{"javascript:alert(1)"}
	for name, c := range map[string]struct {
		req     Request
		outcome Outcome
		want    Asked
	}{
		"forged":     {registration(forged), Denied, Asked{ClientName: "Acme Agent", Publisher: vectortest.Acme, Shape: metadata.ShapeOf(forged)}},
		"long name":  {registration(long), Denied, Asked{ClientName: strings.Repeat("é", 50) + "…", Shape: metadata.ShapeOf(long)}},
		"client_id":  {Request{ClientID: "http://acme.example/a"}, Denied, Asked{ClientID: "http://acme.example/a"}},
		"long id":    {Request{ClientID: "https://acme.example/" + strings.Repeat("a", 600)}, Denied, Asked{ClientID: "https://acme.example/" + strings.Repeat("a", 491) + "…"}},
		"with fault": {Request{Client: &forged, Defects: metadata.Defects{{Reason: metadata.ReasonScopeMalformed}}}, Denied, Asked{ClientName: "Acme Agent", Shape: metadata.ShapeOf(forged)}},
		"approved":   {registration(agent("")), Approved, Asked{ClientName: "Acme Agent", Publisher: vectortest.Acme, Shape: metadata.ShapeOf(agent(""))}},
	} {
		t.Run(name, func(t *testing.T) {
			o, event := logged(t, secure, signedZone(""))
			d := o.decide(t, c.req)
			if d.Outcome != c.outcome || d.Outcome == Denied && (d.Client.ClientName != "" || !d.Publisher.IsZero()) {
				t.Errorf("%s %s: %+v of %s", d.Outcome, d.Reason, d.Client, d.Publisher)
			}
			if diff := cmp.Diff(c.want, d.Asked, cmp.Comparer(func(a, b metadata.Publisher) bool { return a == b })); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
			e := event("decided")
			if id, _ := e["client_id"].(string); e["client_name"] != c.want.ClientName || id != c.want.ClientID {
				t.Errorf("logged %v", e)
			}
			if !utf8.ValidString(d.Asked.ClientName + d.Asked.ClientID) {
				t.Error("a character was cut in two")
			}
		})
	}
}

// A denied registration names each member at fault.
func TestDefectsAreFindings(t *testing.T) {
	c, err := metadata.ParseClient([]byte(`{"client_name":"Acme Agent","redirect_uris":"x","scope":5}`))
	d := newOffice(t, secure, nil, nil).decide(t, Request{Client: &c, Defects: err})
	var members []string
	for _, f := range d.Findings {
		if f.Check != verify.CheckForm || f.Status != verify.Failed || f.Reason == "" {
			t.Errorf("finding %+v", f)
		}
		member, _, _ := strings.Cut(f.Detail, ": ")
		members = append(members, member)
	}
	if len(members) != 2 || !strings.Contains(strings.Join(members, " "), "redirect_uris") || !strings.Contains(strings.Join(members, " "), "scope") {
		t.Errorf("members at fault %q", members)
	}
	if d.Reason != d.Findings[0].Reason || d.Outcome != Denied {
		t.Errorf("%s %s", d.Outcome, d.Reason)
	}
}

// What could not be decided is logged: for whom, and which look-up failed.
func TestNotDecidedIsLogged(t *testing.T) {
	url := vectortest.Acme.PublisherDocumentURL()
	o, event := logged(t, map[string][]string{"dns": {"unavailable"}, "http": {url + " timeout"}}, signedZone(""))
	d := o.decide(t, registration(agent(stated(t, vectortest.Genuine, nil))))
	if d.Reason != metadata.ReasonKeysUnavailable {
		t.Fatalf("reason %s", d.Reason)
	}
	e := event("not decided")
	if e["level"] != "WARN" || e["publisher"] != vectortest.Acme.String() || e["reason"] != string(d.Reason) || e["client_name"] != "Acme Agent" {
		t.Errorf("logged %v", e)
	}
	checks, _ := e["unavailable"].(map[string]any)
	for _, check := range []verify.Check{verify.CheckDNSKey, verify.CheckWellknownKey} {
		f, ok := d.Findings[0], false
		for _, f = range d.Findings {
			if ok = f.Check == check && f.Status == verify.Unavailable; ok {
				break
			}
		}
		said, _ := checks[string(check)].(map[string]any)
		if !ok || said["reason"] != string(f.Reason) || said["detail"] != f.Detail || said["server"] != f.Evidence.Server {
			t.Errorf("%s is %+v, and logged as %v", check, f, said)
		}
	}

	o, event = logged(t, map[string][]string{"http": {foreignDocument + " timeout"}}, nil)
	o.decide(t, Request{ClientID: foreignDocument})
	if e := event("not decided"); e["client_id"] != foreignDocument {
		t.Errorf("logged %v", e)
	}
}

// A request that no caller should make is an error, and no decision.
func TestRequestsThatAreNone(t *testing.T) {
	o := newOffice(t, secure, nil, nil)
	c := agent("")
	for name, req := range map[string]Request{
		"nothing":                      {},
		"both":                         {Client: &c, ClientID: foreignDocument},
		"http authorization server":    {Client: &c, AuthorizationServer: "http://as.example"},
		"defects and nothing besides":  {Defects: metadata.Defects{{Reason: metadata.ReasonScopeMalformed}}},
		"a query, which is not signed": {Client: &c, AuthorizationServer: "https://as.example/?a"},
	} {
		if d, err := o.Decide(t.Context(), req); err == nil || d.ID != "" {
			t.Errorf("%s: decision %+v, error %v", name, d, err)
		}
	}
	if o.store.commits != 0 {
		t.Errorf("%d decisions recorded", o.store.commits)
	}
}

func TestCheckAuthorizationServer(t *testing.T) {
	for _, good := range []string{"https://as.example", "https://as.example/", "https://as.example:8443/tenant/1", "https://[2001:db8::1]/"} {
		if err := CheckAuthorizationServer(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	verifier, err := verify.New(verify.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"as.example", "http://as.example", "http://localhost:8080", "HTTPS://as.example", "https://", "https:///x",
		"https:as.example", "https://:443", "https://as.example?", "https://as.example/?x=1", "https://as.example#", "https://as.example/#f",
		"https://u@as.example", "https://as.example/a b", " https://as.example", "https://as.example\n", "https://äs.example", `https://as.example\x`,
		"https://as.example/%zz"} {
		if CheckAuthorizationServer(bad) == nil {
			t.Errorf("%q is taken", bad)
		}
		if _, err := NewRegistry(Config{Verifier: verifier, Store: newMemStore(), AuthorizationServer: bad}); err == nil || !strings.Contains(err.Error(), "field AuthorizationServer") {
			t.Errorf("a registry for %q: %v", bad, err)
		}
	}
}

// Values that nothing makes have a text all the same.
func TestUnknownValuesHaveText(t *testing.T) {
	for want, value := range map[string]interface{ String() string }{
		"Class(9)": Class(9), "Tier(9)": Tier(9), "Binding(9)": metadata.Binding(9), "Outcome(9)": verify.Outcome(9), "Status(9)": verify.Status(9),
	} {
		if got := value.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
