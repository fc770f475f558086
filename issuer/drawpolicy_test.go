package issuer

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"pgregory.net/rapid"
)

// A drawnPolicy is the text of a policy that nobody wrote.
type drawnPolicy struct {
	text   string
	labels map[string]string
}

// claimAtoms are expressions of claims, true and false of what clients claim, and
// some that fail.
var claimAtoms = []string{
	"true", "confidential", "!confidential", `client_name == "Acme Agent"`, `client_name != "Acme Agent"`, `client_name.startsWith("Acme")`,
	`within(publisher, "acme.example")`, `below(publisher, "acme.example")`, `!at(publisher, "acme.example")`, `software_id != "acme-agent"`,
	`redirect_hosts.all(h, within(h, "acme.example"))`, `redirect_hosts.exists(h, below(h, "example"))`, `redirect_classes.all(c, c == "https")`,
	`"refresh_token" in grant_types`, `!("refresh_token" in grant_types)`, `size(scopes) < 3`, `scopes.all(s, s != "files:write")`, `scopes == []`,
	`auth_method == "none"`, `client_id.startsWith("https://acme.example/")`, `grant_types[1] == "refresh_token"`, `redirect_classes[3] == "https"`,
	`size(client_name) > 3 ? confidential : client_name != ""`,
}

// tierWords are for each tier the parts of which its condition is drawn. Some are
// less than the tier means.
var tierWords = map[Tier][]string{
	TierDomain: {`passed("statement_signature")`, `passed("coverage") && passed("metadata_document")`, `passed("coverage") && passed("delivery")`,
		`passed("coverage") && (passed("metadata_document") || passed("delivery"))`, `passed("delivery")`, `passed("display_name")`},
	TierSigned: {`reached("domain") && passed("coverage") && passed("possession")`,
		`reached("domain") && passed("coverage") && passed("statement_signature") && passed("pinned_key")`,
		`passed("coverage") && passed("statement_signature") && passed("key_line") && (passed("wellknown_key") || passed("dns_key") && passed("dns_strength"))`,
		`reached("domain") && passed("statement_signature") && passed("pinned_key")`, `passed("coverage") && passed("statement_signature") && passed("dns_key")`},
	TierAccepted: {`passed("form")`, `reached("domain")`, `bound("web")`, `passed("coverage") || confidential`, `bound("key") || reached("signed")`},
	TierEndorsed: {`reached("signed") && passed("trust_root") && passed("dns_strength")`, `reached("signed") && reached("accepted") && passed("trust_root") && passed("dns_strength")`,
		`reached("accepted") && passed("trust_root")`},
}

// drawPolicy draws a policy, legal or not.
func drawPolicy(t *rapid.T) drawnPolicy {
	p := drawnPolicy{labels: map[string]string{}}
	var b strings.Builder
	review := rapid.SampledFrom([]string{"{}", "{when: [beyond_reads, lookalike]}", "{when: [private_scheme, uncovered_key], approvals: 2}", "{when: [access], wait: true}"}).Draw(t, "review")
	p.labels["review"] = review
	fmt.Fprintf(&b, "version: 2\nname: drawn\ncountersign_from: signed\nstatement_lifetime_days: %d\nexpired_statement: %s\nreview: %s\n",
		rapid.SampledFrom([]int{30, 90, 366}).Draw(t, "lifetime"), rapid.SampledFrom([]string{"ignore", "refuse"}).Draw(t, "expired"), review)
	b.WriteString("offers:\n  grant_types: [authorization_code, refresh_token, client_credentials]\n  response_types: [code]\n")
	p.drawDeny(t, &b)
	b.WriteString("tiers:\n")
	g := drawnGrant{access: 60, session: 3600, budget: 1}
	for _, tier := range Tiers()[TierUnverified:] {
		const oneIn = 8
		if rapid.IntRange(1, oneIn).Draw(t, "without "+tier.String()) == 1 {
			p.labels["without_"+tier.String()] = "yes"
			continue
		}
		fmt.Fprintf(&b, "  - tier: %s\n", tier)
		p.drawWhen(t, &b, tier)
		p.drawGrant(t, &b, tier, &g)
	}
	p.text = b.String()
	return p
}

func (p *drawnPolicy) drawDeny(t *rapid.T, b *strings.Builder) {
	n := rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(t, "denies")
	p.labels["denies"] = strconv.Itoa(n)
	for i := range n {
		if i == 0 {
			b.WriteString("deny:\n")
		}
		fmt.Fprintf(b, "  - {name: r%d, when: '%s', reason: drawn}\n", i, drawClaims(t))
	}
}

// drawClaims draws an expression of claims that many clients do not meet.
func drawClaims(t *rapid.T) string {
	atoms := rapid.SliceOfN(rapid.SampledFrom(claimAtoms[1:]), 1, 2).Draw(t, "claims")
	return strings.Join(atoms, " && ")
}

func (p *drawnPolicy) drawWhen(t *rapid.T, b *strings.Builder, tier Tier) {
	var parts []string
	if words := tierWords[tier]; words != nil {
		good := len(words)
		if rapid.IntRange(0, 3).Draw(t, "sound") > 0 && tier != TierAccepted { // leave out what is less than the tier means
			good = map[Tier]int{TierDomain: 4, TierSigned: 3, TierEndorsed: 2}[tier]
		}
		parts = rapid.SliceOfN(rapid.SampledFrom(words[:good]), 1, 3).Draw(t, "facts")
	}
	text := strings.Join(parts, " || ")
	if claims := rapid.SampledFrom([]string{"none", "none", "and", "or", "not"}).Draw(t, "with"); claims != "none" {
		p.labels["claims"] = claims
		switch atom := rapid.SampledFrom(claimAtoms).Draw(t, "claim"); {
		case text == "":
			text = atom
		case claims == "and":
			text = "(" + text + ") && " + atom
		case claims == "or" && tier > TierUnverified: // lawful where the tier asks no question
			text += " || " + atom
		case claims == "not":
			text = "(" + text + `) && !passed("dns_key")`
		}
	}
	if text != "" {
		fmt.Fprintf(b, "    when: '%s'\n", text)
	}
}

// A drawnGrant is what grew from tier to tier.
type drawnGrant struct {
	classes         int
	access, session int
	budget          int
	refresh         bool
	sensitive       bool
	lists           int // how many of scopes and redirect classes are open
}

func (p *drawnPolicy) drawGrant(t *rapid.T, b *strings.Builder, tier Tier, g *drawnGrant) {
	may := tier >= TierAccepted
	const oneIn = 6
	override := !may && rapid.IntRange(1, oneIn).Draw(t, "override") == 1
	wild := rapid.IntRange(1, 10).Draw(t, "wild") == 1
	g.classes = max(g.classes, rapid.IntRange(0, 1).Draw(t, "read"))
	if may || override || wild {
		g.classes = max(g.classes, rapid.IntRange(0, 3).Draw(t, "classes"))
		g.sensitive = g.classes > 0 && (g.sensitive || rapid.Bool().Draw(t, "sensitive"))
	}
	if tier >= TierDomain || override || wild {
		g.refresh = g.refresh || rapid.Bool().Draw(t, "refresh")
	}
	g.session = min(g.session*rapid.IntRange(1, 6).Draw(t, "session"), 90*24*3600)
	g.access = rapid.IntRange(60, min(g.session, 86400)).Draw(t, "access")
	g.budget += rapid.IntRange(0, 50).Draw(t, "budget")
	refresh, consent := "none", "always"
	if g.refresh {
		refresh = "rotate"
	}
	if tier > TierUnverified && rapid.Bool().Draw(t, "consent") {
		consent = "session"
	}
	names := []string{"read", "modify", "delete"}[:g.classes]
	fmt.Fprintf(b, "    grant:\n      classes: [%s]\n      sensitive_reads: %t\n      access_token_ttl: %d\n      refresh_token: %s\n      session_ttl: %d\n"+
		"      reauthenticate_after: %d\n      consent: %s\n      sender_constraint: %s\n", strings.Join(names, ", "), g.sensitive, g.access, refresh, g.session,
		rapid.IntRange(60, min(g.session, 900)).Draw(t, "reauthenticate"), consent, rapid.SampledFrom([]string{"none", "none", "dpop", "mtls"}).Draw(t, "constraint"))
	if g.classes > 0 {
		fmt.Fprintf(b, "      budgets: {read: {minute: %d, day: %d}}\n", g.budget, 100*g.budget)
	}
	g.lists = max(g.lists, rapid.IntRange(0, 3).Draw(t, "lists"))
	if g.lists < 3 {
		fmt.Fprintf(b, "      scopes: [%s]\n      redirects: [%s]\n", []string{"files:read", "'files:*'", "'files:*', 'mail:*'"}[g.lists],
			strings.Join(redirectClasses[:g.lists+1], ", "))
	}
	if override {
		p.labels["override"] = tier.String()
		b.WriteString("      override: drawn\n")
	}
}

// place begins an error of a policy.
var place = regexp.MustCompile(`^reading policy: \[\d+:\d+\] (?:tier [a-z]+: |deny rule "[a-z0-9]+": )?`)

// refusal is the kind of an error with which a policy is refused.
func refusal(err error) string {
	text := place.ReplaceAllString(err.Error(), "")
	for _, kind := range []string{"nowhere else", "could be reached though", "can never hold", "never had", "from accepted up", "from domain up",
		"undeclared", "refuses the same", "no shorter", "a client must not have less", "builds on lower ones", "no tiers"} {
		if strings.Contains(text, kind) {
			return strings.ReplaceAll(kind, " ", "_")
		}
	}
	first, _, _ := strings.Cut(text, "\n")
	return first
}

// drawLegal draws policies until one can be read, and counts in seen how often and
// why others were refused.
func drawLegal(t *rapid.T, seen tally) (*Policy, drawnPolicy) {
	const tries = 400
	for range tries {
		drawn := drawPolicy(t)
		p, err := ParsePolicy([]byte(drawn.text))
		if err == nil {
			seen.add(map[string]string{"policy": "read"})
			seen.add(drawn.labels)
			for _, r := range p.rules {
				seen.add(map[string]string{"policy_tier": r.tier.String()})
			}
			return p, drawn
		}
		if !place.MatchString(err.Error()) {
			t.Fatalf("%v\nnames no place", err)
		}
		seen.add(map[string]string{"policy": "refused", "refused": refusal(err)})
	}
	t.Fatalf("none of %d drawn policies could be read", tries)
	return nil, drawnPolicy{}
}

// wantedPolicyLabels must come up among the policies drawn.
var wantedPolicyLabels = []string{
	"policy=read", "policy=refused", "refused=nowhere_else", "refused=could_be_reached_though", "refused=from_accepted_up",
	"policy_tier=unverified", "policy_tier=domain", "policy_tier=signed", "policy_tier=accepted", "policy_tier=endorsed",
	"review={}", "review={when: [access], wait: true}", "claims=and", "claims=or", "denies=0", "denies=1", "denies=2",
	"override=unverified", "override=domain", "override=signed",
	"outcome=approved", "outcome=denied", "outcome=review", "reason=policy_denied", "reason=tier_below_minimum", "reason=review_pending",
	"reached=unverified", "reached=domain", "reached=signed", "reached=accepted", "reached=endorsed", "fault=true",
}

func (c tally) lacks(wanted []string) []string {
	return slices.DeleteFunc(slices.Clone(wanted), func(label string) bool { return c[label] > 0 })
}
