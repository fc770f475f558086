package issuer

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
)

// changed is policy standard with some changes: pairs of old and new.
func changed(t *testing.T, pairs ...string) *Policy {
	t.Helper()
	text := string(Standard().Source())
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("standard.yaml has no %q: has it changed?", pairs[i])
		}
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	p, err := ParsePolicy([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// denying is policy standard with one deny rule.
func denying(t *testing.T, when string) *Policy {
	t.Helper()
	return changed(t, "\ntiers:\n", "\ndeny:\n  - {name: ours, when: '"+when+"', reason: because}\n\ntiers:\n")
}

// decideUnder decides on a registration under a policy. It is accepted where asked.
func decideUnder(t *testing.T, p *Policy, client metadata.Client, accepted bool) Decision {
	t.Helper()
	o := newOffice(t, secure, signedZone(""), nil)
	o.SetPolicy(p)
	if accepted {
		o.accept(t, acceptance(nil))
	}
	return o.decide(t, registration(client))
}

func signedAgent(t *testing.T) metadata.Client { return agent(stated(t, vectortest.Genuine, nil)) }

func TestDenyRules(t *testing.T) {
	for name, test := range map[string]struct {
		when   string
		denied bool
		fault  bool
	}{
		"P5 a deny rule wins over evidence and acceptance": {`within(publisher, "acme.example")`, true, false},
		"P4 part of a label":                {`within(publisher, "me.example")`, false, false},
		"P4 below is not the apex":          {`below(publisher, "acme.example")`, false, false},
		"P2 a rule that fails is met":       {`grant_types[9] == "x"`, true, true},
		"a claim that is not made is empty": {`resource == ""`, true, false},
		"a rule that is not met":            {`client_name == "Evil"`, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := decideUnder(t, denying(t, test.when), signedAgent(t), true)
			if test.denied != (d.Reason == metadata.ReasonPolicyDenied) || test.fault != (len(d.ConditionFaults) == 1) {
				t.Fatalf("%s %s, faults %v", d.Outcome, d.Reason, d.ConditionFaults)
			}
			if !test.denied {
				wantDecision(t, d, Approved, TierAccepted, "")
				return
			}
			wantDecision(t, d, Denied, TierBlocked, metadata.ReasonPolicyDenied)
			if d.DeniedBy == nil || *d.DeniedBy != (DenyNote{"ours", "because"}) || d.OAuthError.Error != "unapproved_software_statement" {
				t.Errorf("%+v %+v", d.DeniedBy, d.OAuthError)
			}
		})
	}
	t.Run("P9 what is claimed is refused though a statement says otherwise", func(t *testing.T) {
		c := signedAgent(t)
		c.SoftwareVersion, c.ClientName = "2", "Another name"
		if d := decideUnder(t, denying(t, `client_name == "Another name"`), c, false); d.Reason != metadata.ReasonPolicyDenied {
			t.Errorf("as sent: %s %s", d.Outcome, d.Reason)
		}
		if d := decideUnder(t, denying(t, `client_name == "Acme Agent"`), c, false); d.Reason != metadata.ReasonPolicyDenied {
			t.Errorf("as stated: %s %s", d.Outcome, d.Reason)
		}
	})
}

// The first condition of a policy that fails is logged, once, and is not met.
func TestP2ConditionThatFailsIsTold(t *testing.T) {
	p := changed(t, `    when: reached("signed")`, `    when: (grant_types[9] == "x" || true) && reached("signed")`,
		`  - tier: accepted`+"\n", `  - tier: accepted`+"\n"+`    when: grant_types[9] == "x"`+"\n")
	var log bytes.Buffer
	o := newOffice(t, secure, signedZone(""), nil)
	o.cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
	o.SetPolicy(p)
	o.accept(t, acceptance(nil))
	for range 2 {
		d := o.decide(t, registration(signedAgent(t)))
		wantDecision(t, d, Approved, TierSigned, "")
		if len(d.ConditionFaults) != 2 || d.ConditionFaults[0].Condition != "tier accepted" {
			t.Errorf("%v", d.ConditionFaults)
		}
	}
	if n := strings.Count(log.String(), `msg="condition failed" condition="tier accepted"`); n != 1 {
		t.Errorf("told %d times:\n%s", n, log.String())
	}
}

// An allowance stands for evidence, and not for claims.
func TestAllowanceKeepsTheCondition(t *testing.T) {
	p := changed(t, "  - tier: accepted\n", "  - tier: accepted\n    when: client_name == \"Somebody\"\n")
	s := drawnStanding(t)
	for _, want := range []struct {
		policy *Policy
		tier   Tier
	}{{Standard(), TierAccepted}, {p, TierDomain}} {
		if d := want.policy.Decide(s); d.Tier != want.tier {
			t.Errorf("policy %s: %s", want.policy.Digest(), d.Tier)
		}
	}
}

// drawnStanding is the input of an unverified client that is allowed by its shape.
func drawnStanding(t *testing.T) Input {
	t.Helper()
	o := newOffice(t, secure, nil, nil)
	c := agent("")
	c.RedirectURIs, c.Scope = []string{"http://127.0.0.1/cb"}, "files:read"
	e, err := o.examine(t.Context(), registration(c), Standard(), vectortest.DrawnNow)
	if err != nil {
		t.Fatal(err)
	}
	effective, _ := e.verdict.Client()
	return Input{Verdict: e.verdict, Claimed: e.verdict.Claimed(), Standing: Standing{Exceptions: []Exception{{Subject: metadata.ShapeSubject(metadata.ShapeOf(effective)),
		Tier: TierAccepted, Actor: "ops", Reason: "x", At: e.verdict.At.Add(-1), Until: e.verdict.At.Add(1e12)}}}}
}

func TestGrantConstrains(t *testing.T) {
	const signedGrant = "      session_ttl: 604800\n"
	c := signedAgent(t)
	t.Run("sender constraint", func(t *testing.T) {
		for constraint, member := range map[string]string{"dpop": memberDPoP, "mtls": memberMTLS, "none": ""} {
			d := decideUnder(t, changed(t, signedGrant, signedGrant+"      sender_constraint: "+constraint+"\n"), c, false)
			wantDecision(t, d, Approved, TierSigned, "")
			if member != "" && string(d.Client.More[member]) != "true" || string(d.Grant.SenderConstraint) != strings.TrimPrefix(constraint, "none") {
				t.Errorf("%s: %v, %q", constraint, d.Client.More, d.Grant.SenderConstraint)
			}
			if member == "" && len(d.Client.More) > 0 {
				t.Errorf("none: %v", d.Client.More)
			}
		}
	})
	t.Run("redirects", func(t *testing.T) {
		for name, test := range map[string]struct {
			uris   []string
			want   []string
			reason metadata.Reason
		}{
			"both":          {[]string{"https://acme.example/cb", "http://127.0.0.1/cb"}, []string{"https://acme.example/cb"}, ""},
			"none is left":  {[]string{"http://127.0.0.1/cb"}, nil, metadata.ReasonTierBelowMinimum},
			"nothing to do": {[]string{"https://acme.example/cb"}, []string{"https://acme.example/cb"}, ""},
		} {
			t.Run(name, func(t *testing.T) {
				c := agent("")
				c.RedirectURIs, c.Scope = test.uris, "files:read"
				p := changed(t, "consent: always", "consent: always\n      redirects: [https]", "      session_ttl: 28800\n", "      session_ttl: 28800\n      redirects: [https]\n")
				d := decideUnder(t, p, c, false)
				if d.Reason != test.reason || !slices.Equal(d.Client.RedirectURIs, test.want) {
					t.Errorf("%s: %v", d.Reason, d.Client.RedirectURIs)
				}
				if slices.Contains(d.Overridden, "redirect_uris") != (name != "nothing to do") {
					t.Errorf("overridden %v", d.Overridden)
				}
			})
		}
	})
	t.Run("O8 scopes", func(t *testing.T) {
		p := changed(t, "consent: always", "consent: always\n      scopes: ['files:*']", "      session_ttl: 28800\n", "      session_ttl: 28800\n      scopes: ['files:*']\n")
		c := agent("")
		c.RedirectURIs, c.Scope = []string{"http://127.0.0.1/cb"}, "files:read calendar:read filesx:read openid"
		d := decideUnder(t, p, c, false)
		want := []ScopeCut{{Scope: "calendar:read", Why: CutNotListed, Earn: TierSigned}, {Scope: "filesx:read", Why: CutNotListed, Earn: TierSigned}}
		if d.Grant.Scope != "files:read openid" || !slices.Equal(d.Grant.ScopesCut, want) {
			t.Errorf("%q %+v", d.Grant.Scope, d.Grant.ScopesCut)
		}
	})
	t.Run("budgets", func(t *testing.T) {
		p := changed(t, signedGrant, signedGrant+"      budgets: {read: {minute: 200, day: 9000}}\n", "reauthenticate_after: 900\n", "reauthenticate_after: 900\n      budgets: {read: {minute: 300, day: 9000}}\n",
			"reauthenticate_after: 86400\n", "reauthenticate_after: 86400\n      budgets: {read: {minute: 300, day: 9000}}\n")
		if d := decideUnder(t, p, c, false); d.Grant.Budgets != (Budgets{Read: Budget{200, 9000}}) {
			t.Errorf("%+v", d.Grant.Budgets)
		}
		if d := decideUnder(t, p, c, true); d.Grant.Budgets != (Budgets{Budget{300, 9000}, Budget{30, 500}, Budget{5, 20}}) || d.Grant.Budgets.Of(ClassDelete) != d.Grant.Budgets.Delete || d.Grant.Budgets.Of(ClassAdmin) != (Budget{}) {
			t.Errorf("%+v", d.Grant.Budgets)
		}
	})
}

func TestBuiltins(t *testing.T) {
	signed := signedAgent(t)
	c := agent("")
	c.RedirectURIs, c.Scope = []string{"http://127.0.0.1/cb"}, "files:read"
	strict, _ := Builtin("strict")
	open, _ := Builtin("open")
	wantDecision(t, decideUnder(t, strict, c, false), Denied, TierUnverified, metadata.ReasonTierBelowMinimum)
	d := decideUnder(t, strict, signed, false)
	wantDecision(t, d, InReview, TierSigned, metadata.ReasonReviewPending)
	if d.Publisher.IsZero() || d.Grant.Scope != "" || len(d.Grant.Classes) > 0 || d.Client.ClientName != "" || d.OAuthError == nil || d.OAuthError.Status != 400 {
		t.Errorf("a review: %+v", d)
	}
	wantDecision(t, decideUnder(t, strict, signed, true), Approved, TierAccepted, "")
	if d := decideUnder(t, open, signed, false); !slices.Contains(d.Grant.Classes, ClassModify) || slices.Contains(d.Grant.Classes, ClassDelete) || d.Grant.Sensitive {
		t.Errorf("open: %+v", d.Grant)
	}
	if d := decideUnder(t, open, c, false); slices.Contains(d.Grant.Classes, ClassModify) {
		t.Errorf("open, unverified: %+v", d.Grant)
	}
	if o := open.Overrides(); len(o) != 1 || o[0].Tier != TierSigned || !strings.Contains(o[0].Reason, "accepts every signed publisher") {
		t.Errorf("%v", o)
	}
	if Standard().Overrides() != nil || strict.Overrides() != nil {
		t.Error("an override that nobody chose")
	}
	for _, name := range BuiltinNames() {
		if p, ok := Builtin(name); !ok || p.Name() != name || p.Warnings() != nil {
			t.Errorf("%s: %v", name, p.Warnings())
		}
	}
	if p, ok := Builtin("lax"); ok || p != nil {
		t.Error("a policy that is none")
	}
}

func TestPolicyWarnings(t *testing.T) {
	for want, p := range map[string]*Policy{
		"overrides nothing":          changed(t, "consent: always", "consent: always\n      override: never mind"),
		"no such tier":               changed(t, "countersign_from: signed", "countersign_from: accepted", acceptedWhole(t), ""),
		"acceptance changes nothing": changed(t, acceptedWhole(t), ""),
		"tier accepted fails":        changed(t, "  - tier: accepted\n", "  - tier: accepted\n    when: grant_types[1] == \"x\"\n"),
		"deny rule ours fails":       denying(t, `redirect_hosts[0] == redirect_hosts[1]`),
		"a request that names none":  changed(t, "tiers:\n", "resources:\n  - resource: https://mcp.example/\n    mode: observe\n    tools: {look: {scope: read, class: read}}\ntiers:\n"),
		`scope "s" is read at https://b.example/ and delete at https://a.example/`: declaring(t, "resources:\n"+
			"  - {resource: https://a.example/, mode: enforce, tools: {x: {scope: s, class: delete}, y: {scope: t, class: read}}}\n"+
			"  - {resource: https://b.example/, mode: enforce, tools: {x: {scope: s, class: read}, y: {scope: t, class: read}}}\n"),
		"which it is not given": changed(t, "reauthenticate_after: 0", "reauthenticate_after: 5"),
	} {
		if w := p.Warnings(); !slices.ContainsFunc(w, func(s string) bool { return strings.Contains(s, want) }) {
			t.Errorf("%q is not among %q", want, w)
		}
	}
}

// acceptedWhole is what standard.yaml says of tier accepted.
func acceptedWhole(t *testing.T) string {
	t.Helper()
	text := string(Standard().Source())
	return text[strings.Index(text, "  - tier: accepted\n"):strings.Index(text, "  - tier: endorsed\n")]
}

// A policy of version 2 has no clock: what it decides hangs on the instant of the
// verdict alone, in whole seconds of UTC.
func TestP11PolicyHasNoClock(t *testing.T) {
	for _, text := range []string{`timestamp("2038-01-19T03:14:08Z") < timestamp("2039-01-01T00:00:00Z")`, `now() > 5`, `duration("1h") > duration("1s")`} {
		if _, err := language.CompileClaims(text); err == nil {
			t.Errorf("%s was read", text)
		}
	}
}

// A deny rule is not lifted by a statement that has ended: the client is judged
// without it, and refused for what it claims.
func TestDenyRulesSeeIgnoredStatements(t *testing.T) {
	const day = 24 * 60 * 60
	expired := stated(t, vectortest.Genuine, func(s *metadata.Statement) {
		s.IssuedAt -= 100 * day
		s.ExpiresAt, s.Client.RedirectURIs = s.IssuedAt+60*day, []string{"http://127.0.0.1/cb"}
	})
	client := metadata.Client{ClientName: "Acme Agent", RedirectURIs: []string{"http://127.0.0.1/cb"}, SoftwareStatement: expired}
	denies := denying(t, `at(publisher, "acme.example")`)
	for name, p := range map[string]*Policy{"denies": denies, "replayed": Standard()} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, secure, signedZone(""), func(c *Config) { c.Policy = p })
			d := o.decide(t, registration(client))
			if d.IgnoredStatement == nil {
				t.Fatalf("%s %s", d.Outcome, d.Reason)
			}
			if again, err := denies.Replay(recorded(t, d)); err != nil || again.Reason != metadata.ReasonPolicyDenied {
				t.Errorf("replayed: %s, %v", again.Reason, err)
			}
			if name == "denies" && d.Reason != metadata.ReasonPolicyDenied {
				t.Errorf("%s at %s: %s", d.Outcome, d.Tier, d.Reason)
			}
		})
	}
}

// A rule on a resource is met however a client writes it, and where it names none
// and there is only one.
func TestDenyRulesKnowTheResource(t *testing.T) {
	p, err := ParsePolicy([]byte(strings.Replace(string(declaring(t, files).Source()), "tiers:\n",
		"deny:\n  - {name: a, when: 'resource == \"https://files.example/mcp\"', reason: x}\ntiers:\n", 1)))
	if err != nil {
		t.Fatal(err)
	}
	for _, resource := range []string{"https://files.example/mcp", "HTTPS://FILES.example:443/mcp", ""} {
		t.Run(resource, func(t *testing.T) {
			o := newOffice(t, secure, signedZone(""), func(c *Config) { c.Policy = p })
			client := agent("")
			if d := o.decide(t, Request{Client: &client, Resource: resource}); d.Reason != metadata.ReasonPolicyDenied {
				t.Errorf("%s %s", d.Outcome, d.Reason)
			}
		})
	}
}
