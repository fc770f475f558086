package issuer

import (
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/testvectors"
	"github.com/fc28f635/countersign/verify"
)

const pinnedDocument = `{"client_id":"` + vectortest.DocumentURL + `","client_name":"Acme Agent","redirect_uris":["https://acme.example/callback"],"scope":"files:read"}`

// pinnedOffice is an office with a pin, whose document answers as told, a quarter
// of an hour after the pin was made.
func pinnedOffice(t *testing.T, answer string, files map[string]string, until time.Duration) *office {
	t.Helper()
	now := vectortest.DrawnNow
	header := map[string][]string{"dns": {"secure"}}
	if answer != "" {
		header["http"] = []string{vectortest.DocumentURL + " " + answer}
	}
	o := newOffice(t, header, files, func(cfg *Config) { cfg.Now = func() time.Time { return now } })
	now = now.Add(-15 * time.Minute)
	if _, err := o.Pin(t.Context(), Pin{ClientID: vectortest.DocumentURL, Document: []byte(pinnedDocument), Actor: "ada", Reason: "bot challenge", Until: vectortest.DrawnNow.Add(until)}); err != nil {
		t.Fatal(err)
	}
	now = vectortest.DrawnNow
	v, err := vectortest.New(testvectors.Vector{ID: t.Name(), Now: vectortest.DrawnNow, Header: header, Files: asFiles(files)})
	if err != nil {
		t.Fatal(err)
	}
	verifying, err := v.Config()
	if err != nil {
		t.Fatal(err)
	}
	verifying.Fetcher = PinnedFetcher{Fetcher: v, Store: o.store, Now: func() time.Time { return now }}
	verifier, err := verify.New(verifying)
	if err != nil {
		t.Fatal(err)
	}
	o.cfg.Verifier = verifier
	return o
}

func asFiles(files map[string]string) map[string][]byte {
	all := map[string][]byte{}
	for name, text := range files {
		all[name] = []byte(text)
	}
	return all
}

func TestPins(t *testing.T) {
	live := strings.Replace(pinnedDocument, "Acme Agent", "Acme Agent 2", 1)
	secret := strings.Replace(pinnedDocument, "{", `{"client_secret":"x",`, 1)
	for name, c := range map[string]struct {
		answer string
		file   string
		until  time.Duration
		tier   Tier
		reason metadata.Reason
		pinned bool
	}{
		"outage":                 {"timeout", "", time.Hour, TierDomain, "", true},
		"bot challenge":          {"403", "", time.Hour, TierDomain, "", true},
		"not found":              {"404", "", time.Hour, TierDomain, "", true},
		"error":                  {"503", "", time.Hour, TierDomain, "", true},
		"U18 withdrawn":          {"410", "", time.Hour, TierBlocked, metadata.ReasonDocumentWithdrawn, false},
		"address refused":        {"refused", "", time.Hour, TierUnverified, metadata.ReasonAddressRefused, false},
		"a live document wins":   {"", live, time.Hour, TierDomain, "", false},
		"U24 a live secret wins": {"", secret, time.Hour, TierUnverified, metadata.ReasonSecretInDocument, false},
		"ended":                  {"timeout", "", 0, TierUnverified, metadata.ReasonDocumentUnavailable, false},
		"ends in a second":       {"timeout", "", time.Second, TierDomain, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{}
			if c.file != "" {
				files[vectortest.DocumentURL] = c.file
			}
			o := pinnedOffice(t, c.answer, files, c.until)
			d := o.decide(t, Request{ClientID: vectortest.DocumentURL})
			outcome := Approved
			if c.reason != "" {
				outcome = Denied
			}
			wantDecision(t, d, outcome, c.tier, c.reason)
			pinned := false
			for _, f := range d.Findings {
				if f.Check == verify.CheckMetadataDocument && strings.HasPrefix(f.Evidence.Source, "pinned by ada until 20") {
					pinned = true
					if end := vectortest.DrawnNow.Add(min(c.until, time.Minute)); !f.Evidence.ValidUntil.Equal(end) || d.ExpiresAt.After(end) {
						t.Errorf("it holds until %s, the decision until %s, want %s", f.Evidence.ValidUntil, d.ExpiresAt, end)
					}
				}
			}
			if pinned != c.pinned {
				t.Errorf("findings %+v", d.Findings)
			}
		})
	}
}

func TestPinCheck(t *testing.T) {
	good := Pin{ClientID: vectortest.DocumentURL, Document: []byte(pinnedDocument), Actor: "ada", Reason: "outage", Until: vectortest.DrawnNow.Add(time.Hour)}
	for name, change := range map[string]func(*Pin){
		"U1 by http": func(p *Pin) { p.ClientID = "http://acme.example/client.json" },
		"of another": func(p *Pin) { p.ClientID = vectortest.DocumentURL + "2" },
		"U22 too large": func(p *Pin) {
			p.Document = []byte(strings.Replace(pinnedDocument, "{", "{"+strings.Repeat(" ", 5<<10), 1))
		},
		"no JSON":           func(p *Pin) { p.Document = []byte("<html>") },
		"nothing":           func(p *Pin) { p.Document = nil },
		"U24 with a secret": func(p *Pin) { p.Document = []byte(strings.Replace(pinnedDocument, "{", `{"client_secret":"x",`, 1)) },
		"by nobody":         func(p *Pin) { p.Actor = "" },
		"for no reason":     func(p *Pin) { p.Reason = "" },
		"until now":         func(p *Pin) { p.Until = vectortest.DrawnNow },
		"A9 for 91 days":    func(p *Pin) { p.Until = vectortest.DrawnNow.Add(91 * 24 * time.Hour) },
		"publisher document": func(p *Pin) {
			p.ClientID = vectortest.Acme.PublisherDocumentURL()
			p.Document = []byte(strings.Replace(pinnedDocument, vectortest.DocumentURL, p.ClientID, 1))
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, secure, nil, nil)
			p := good
			change(&p)
			if _, err := o.Pin(t.Context(), p); err == nil || len(o.store.acts) > 0 {
				t.Errorf("error %v, acts %v", err, o.store.acts)
			}
		})
	}
	o := newOffice(t, secure, nil, nil)
	if p, err := o.Pin(t.Context(), good); err != nil || !strings.HasPrefix(p.Digest, "sha256:") || o.store.acts[0].Digest != p.Digest {
		t.Errorf("%+v, error %v", p, err)
	}
}
