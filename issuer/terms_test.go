package issuer

import (
	"slices"
	"strings"
	"testing"
)

// boundedTools is policy standard with tools of every kind.
func boundedTools(t *testing.T) *Policy {
	t.Helper()
	return changed(t, "\ntiers:\n", `
resources:
  - resource: https://a.example/mcp
    mode: enforce
    scopes:
      status: {class: read}
      all: {includes: [get, put]}
    tools:
      get: {scope: get, class: read}
      list: {scope: get, class: read}
      secret: {scope: secret, class: read, sensitive: true}
      guess: {scope: guess, class: read, guessed: true}
      put: {scope: put, class: modify}
      mixed: {scope: mixed, class: read}
      drop: {scope: mixed, class: delete}
      turned: {scope: turned, class: modify, was: read}
      loose: {}
  - resource: https://b.example/mcp
    mode: enforce
    tools:
      get: {scope: get, class: read}

tiers:
`)
}

// The blast radius is tools by class, times what the budget allows until the client
// is cut off.
func TestBlastRadius(t *testing.T) {
	terms := boundedTools(t).Terms()
	for _, test := range []struct {
		tier                                         Tier
		class                                        Class
		tools, held, heldRadius, session, sessRadius int
	}{
		// get and list of a, get of b, and status, which has no tool.
		{TierUnverified, ClassRead, 4, 5000, 20000, 5000, 20000},
		{TierDomain, ClassRead, 4, 120 * 15, 4 * 1800, 5000, 20000},
		{TierSigned, ClassRead, 4, 1800, 7200, 7 * 5000, 4 * 35000},
		// and secret, guess and mixed; never turned, and loose is nobody's.
		{TierAccepted, ClassRead, 7, 1800, 7 * 1800, 35000, 7 * 35000},
		{TierAccepted, ClassModify, 1, 450, 450, 3500, 3500},
		{TierAccepted, ClassDelete, 1, 20, 20, 140, 140},
		{TierEndorsed, ClassDelete, 1, 20, 20, 600, 600},
	} {
		i := slices.IndexFunc(terms, func(x Terms) bool { return x.Tier == test.tier })
		j := slices.IndexFunc(terms[i].Radius, func(b BlastRadius) bool { return b.Class == test.class })
		b := terms[i].Radius[j]
		if *b.Tools != test.tools || b.Held.Calls != test.held || *b.Held.Radius != test.heldRadius || b.Unnoticed.Calls != test.session || *b.Unnoticed.Radius != test.sessRadius {
			t.Errorf("%s %s: %d tools, held %d %d, unnoticed %d %d", test.tier, test.class, *b.Tools, b.Held.Calls, *b.Held.Radius, b.Unnoticed.Calls, *b.Unnoticed.Radius)
		}
	}
	if terms[0].Tier != TierUnverified || len(terms[0].Radius) != 1 {
		t.Errorf("%+v", terms[0])
	}
	if b := Standard().Terms()[0].Radius[0]; b.Tools != nil || b.Held.Radius != nil || b.Held.Calls != 5000 {
		t.Errorf("without resources: %+v", b)
	}
}

// The radius grows with the tier, as grants do.
func TestBlastRadiusGrows(t *testing.T) {
	for _, p := range []*Policy{boundedTools(t), Standard()} {
		least := map[Class]int{}
		for _, x := range p.Terms() {
			for _, b := range x.Radius {
				if b.Unnoticed.Calls < least[b.Class] || b.Held.Calls > b.Unnoticed.Calls {
					t.Errorf("%s %s: %+v after %d", x.Tier, b.Class, b, least[b.Class])
				}
				least[b.Class] = b.Unnoticed.Calls
			}
		}
	}
}

func TestTermsSayWhatIsWritten(t *testing.T) {
	p := changed(t, "consent: always", "consent: always\n      scopes: [files.*, mail]\n      redirects: [https]\n      sender_constraint: dpop\n      override: a reason")
	x := p.Terms()[0]
	if strings.Join(x.Scopes, " ") != "files.* mail" || strings.Join(x.Redirects, " ") != "https" || x.SenderConstraint != ConstraintDPoP || x.Override != "a reason" ||
		x.AccessTokenTTL != 3600 || x.RefreshToken != RefreshNone || x.SessionTTL != 3600 || x.Consent != ConsentAlways || x.Sensitive || !slices.Equal(x.Classes, []Class{ClassRead}) {
		t.Errorf("%+v", x)
	}
}

// A scope that is listed and that no resource knows is granted to nobody.
func TestListedScopeThatNobodyKnows(t *testing.T) {
	const resources = "\nresources:\n  - resource: https://a.example/mcp\n    mode: enforce\n    scopes: {files.read: {class: read}}\n\ntiers:\n"
	for scopes, want := range map[string]string{
		"[files.read]": "", "[files.*]": "", "[files.read, openid]": "",
		"[files.red]":           `tier unverified lists scope "files.red", which no declared resource knows`,
		"[files.read, mail.*]":  `tier unverified lists scope "mail.*", which no declared resource knows`,
		"[files.read, files:*]": `tier unverified lists scope "files:*"`,
	} {
		w := strings.Join(changed(t, "\ntiers:\n", resources, "consent: always", "consent: always\n      scopes: "+scopes).Warnings(), "\n")
		if want == "" && w != "" || !strings.Contains(w, want) {
			t.Errorf("%s: %q", scopes, w)
		}
	}
}
