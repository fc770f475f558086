package issuer

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

var trust = metadata.MustPublisher("https://trust.example")

func countersigner(t testing.TB) *Countersigner {
	t.Helper()
	keys, err := NewCountersigningKeys(CountersigningKey{"c1", vectortest.Genuine.Signer})
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewCountersigner(trust, func() *CountersigningKeys { return keys })
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// signingOffice countersigns from a tier on.
func signingOffice(t testing.TB, header map[string][]string, from Tier, change func(*Config)) *office {
	t.Helper()
	p := *Standard()
	p.countersignFrom = from
	return newOffice(t, header, signedZone(""), func(cfg *Config) {
		cfg.Policy, cfg.Countersigner = &p, countersigner(t)
		if change != nil {
			change(cfg)
		}
	})
}

// claimsOf reads a countersigned statement as its consumers do.
func claimsOf(t *testing.T, signed string) map[string]any {
	t.Helper()
	c, err := jose.ParseCountersigned(signed)
	if err != nil {
		t.Fatal(err)
	}
	keys, _, err := jose.ParseKeys(countersigner(t).JWKS())
	if err != nil || len(keys) != 1 || keys[0].ID() != c.Header.KeyID {
		t.Fatalf("keys %v, error %v", keys, err)
	}
	if err := c.Verify(keys[0]); err != nil {
		t.Fatal(err)
	}
	claims := map[string]any{}
	if err := json.Unmarshal(c.Payload, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestCountersigned(t *testing.T) {
	o := signingOffice(t, secure, TierSigned, nil)
	d := o.decide(t, registration(agent(stated(t, vectortest.Genuine, nil))))
	wantDecision(t, d, Approved, TierSigned, "")
	claims := claimsOf(t, d.Countersigned)
	at := float64(vectortest.DrawnNow.Unix())
	for name, want := range map[string]any{"iss": "https://trust.example", "sub": "https://acme.example", "aud": vectortest.DrawnServer,
		"jti": d.ID, "iat": at, "exp": float64(d.ExpiresAt.Unix()), "scope": "files:read", "client_name": "Acme Agent", "software_id": "acme-agent"} {
		if claims[name] != want {
			t.Errorf("%s is %v, want %v", name, claims[name], want)
		}
	}
	told, _ := claims["trust"].(map[string]any)
	if told["tier"] != "signed" || told["binding"] != "web" || told["policy"] != Standard().Digest() || told["acceptance"] != nil {
		t.Errorf("trust %v", told)
	}
	limits, _ := claims["limits"].(map[string]any)
	if limits["access_token_ttl"] != 900.0 || limits["session_ttl"] != 604800.0 || limits["refresh_token"] != "rotate" {
		t.Errorf("limits %v", limits)
	}
	if budgets, _ := limits["budgets"].(map[string]any); len(budgets) != 1 || budgets["read"] == nil {
		t.Errorf("budgets %v", limits["budgets"])
	}
	if _, has := claims["software_statement"]; has {
		t.Error("a statement inside a statement")
	}
	evidence, _ := told["evidence"].([]any)
	for _, f := range d.Findings {
		if has := slices.Contains(evidence, any(string(f.Check))); has != (f.Status == verify.Passed) {
			t.Errorf("%s is %s, and evidence is %v", f.Check, f.Status, evidence)
		}
	}
}

// Neither kind of statement can be taken for the other.
func TestCountersignedIsNoStatement(t *testing.T) {
	genuine := stated(t, vectortest.Genuine, nil)
	o := signingOffice(t, secure, TierSigned, nil)
	signed := o.decide(t, registration(agent(genuine))).Countersigned
	if _, err := jose.Parse(signed); err == nil {
		t.Error("a countersigned statement is read as a publisher's")
	}
	if _, err := jose.ParseCountersigned(genuine); err == nil {
		t.Error("a publisher's statement is read as a countersigned one")
	}
	d := o.decide(t, registration(metadata.Client{SoftwareStatement: signed}))
	wantDecision(t, d, Denied, TierUnverified, metadata.ReasonHeaderForbidden)

	asPublisher := stated(t, vectortest.Genuine, func(s *metadata.Statement) { s.Publisher = trust })
	verifier, err := verify.New(verify.Config{Countersigners: []metadata.Publisher{trust}})
	if err != nil {
		t.Fatal(err)
	}
	v, err := verifier.Verify(t.Context(), verify.Presentation{Statement: asPublisher, At: vectortest.DrawnNow})
	if err != nil || v.Reason() != metadata.ReasonPublisherIsCountersigner {
		t.Errorf("%s, %v", v.Reason(), err)
	}
}

func TestWhatIsNotCountersigned(t *testing.T) {
	genuine := stated(t, vectortest.Genuine, nil)
	dry := registration(agent(genuine))
	dry.DryRun = true
	for name, c := range map[string]struct {
		header map[string][]string
		from   Tier
		change func(*Config)
		req    Request
		want   bool
	}{
		"signed":                       {secure, TierSigned, nil, registration(agent(genuine)), true},
		"below the tier":               {secure, TierSigned, nil, registration(agent("")), false},
		"dry run":                      {secure, TierSigned, nil, dry, false},
		"denied":                       {secure, TierBlocked, nil, registration(agent(stated(t, vectortest.Foreign, nil))), false},
		"unavailable":                  {map[string][]string{"dns": {"bogus"}}, TierBlocked, nil, registration(agent(genuine)), false},
		"no authorization server":      {secure, TierSigned, func(cfg *Config) { cfg.AuthorizationServer = "" }, registration(agent(genuine)), false},
		"test":                         {secure, TierSigned, func(cfg *Config) { cfg.Test = true }, registration(agent(genuine)), false},
		"nobody to sign":               {secure, TierSigned, func(cfg *Config) { cfg.Countersigner = nil }, registration(agent(genuine)), false},
		"another authorization server": {secure, TierSigned, nil, Request{Client: dry.Client, AuthorizationServer: "https://as2.example"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			d := signingOffice(t, c.header, c.from, c.change).decide(t, c.req)
			if (d.Countersigned != "") != c.want {
				t.Errorf("%s %s: countersigned %t", d.Outcome, d.Tier, d.Countersigned != "")
			}
			if d.DryRun != c.req.DryRun {
				t.Error("a dry run is not marked, or another is")
			}
			if d.Countersigned != "" && claimsOf(t, d.Countersigned)["aud"] != d.AuthorizationServer {
				t.Errorf("for %v", d.AuthorizationServer)
			}
		})
	}
	if _, err := countersigner(t).Sign(Decision{Outcome: Denied, AuthorizationServer: vectortest.DrawnServer}); err == nil {
		t.Error("a refusal was signed")
	}
}

// O23: whoever registers puts nothing into our statement but client metadata,
// and nobody is named in it whom nothing proves.
func TestCountersignedNamesOnlyWhatIsProven(t *testing.T) {
	c := agent("")
	c.RedirectURIs = []string{"http://127.0.0.1/callback"}
	c.More = map[string]json.RawMessage{}
	for _, name := range []string{"sub", "nbf", "trust", "limits", "status", "cnf", "act", "roles", "x-attest-tier"} {
		c.More[name] = json.RawMessage(`"https://acme.example"`)
	}
	d := signingOffice(t, secure, TierUnverified, nil).decide(t, registration(c))
	wantDecision(t, d, Approved, TierUnverified, "")
	claims := claimsOf(t, d.Countersigned)
	for name := range c.More {
		if text, ok := claims[name].(string); ok {
			t.Errorf("%s is %q as the client said", name, text)
		}
	}
	for _, name := range []string{"sub", "status", "cnf", "nbf", "act", "roles"} {
		if _, has := claims[name]; has {
			t.Errorf("%s is there", name)
		}
	}
}

// A decision that rests on an acceptance does not outlive it.
func TestAcceptanceBoundsWhatItEarns(t *testing.T) {
	until := vectortest.DrawnNow.Add(2 * time.Minute)
	o := signingOffice(t, secure, TierSigned, nil)
	o.accept(t, acceptance(func(a *Acceptance) { a.Until = until }))
	d := o.decide(t, registration(agent(stated(t, vectortest.Genuine, nil))))
	wantDecision(t, d, Approved, TierAccepted, "")
	if d.ExpiresAt.After(until) {
		t.Errorf("the decision holds until %s, the acceptance until %s", d.ExpiresAt, until)
	}
	claims := claimsOf(t, d.Countersigned)
	if exp := claims["exp"]; exp != float64(until.Unix()) {
		t.Errorf("the countersigned statement holds until %v, the acceptance until %d", exp, until.Unix())
	}
	told, _ := claims["trust"].(map[string]any)
	if note, _ := told["acceptance"].(map[string]any); note["by"] != ByOperator || note["until"] != float64(until.Unix()) {
		t.Errorf("acceptance %v", told["acceptance"])
	}
}
