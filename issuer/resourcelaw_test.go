package issuer

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// A declaredSample is a sample that asks for access under declared resources.
type declaredSample struct {
	sample
	resources []Resource
	named     string // the resource that the request names
}

// Scopes that are declared, each of which may include those after it.
var declarable = []string{"admin", "files:delete", "files:write", "files:all", "files:read", "mail:read"}

func drawDeclared(t *rapid.T) declaredSample {
	s := declaredSample{resources: drawResources(t)}
	s.named = rapid.SampledFrom([]string{"", "", "https://a.example/mcp", "HTTPS://A.example:443/mcp", "https://b.example/", "https://b.example", "https://c.example/mcp"}).Draw(t, "named")
	s.sample = drawSampleWith(t, s.policy(ModeEnforce).scopeHierarchy(s.named))
	s.labels["named"] = map[bool]string{true: "declared", false: "undeclared"}[len(s.meant()) > 0]
	if s.named == "" {
		s.labels["named"] = "none"
	}
	s.labels["resources"] = fmt.Sprint(len(s.resources))
	return s
}

func drawResources(t *rapid.T) []Resource {
	resources := []Resource{{ID: "https://a.example/mcp"}, {ID: "https://b.example/"}}[:rapid.IntRange(1, 2).Draw(t, "resources")]
	for i := range resources {
		r := &resources[i]
		r.Scopes, r.Tools = map[string]ScopeRule{}, map[string]Tool{}
		for j, scope := range declarable {
			if rapid.IntRange(0, 4).Draw(t, "declared") == 0 {
				continue
			}
			var rule ScopeRule
			for _, part := range declarable[j+1:] {
				if rapid.IntRange(0, 2).Draw(t, "includes") == 0 {
					rule.Includes = append(rule.Includes, part)
				}
			}
			rule.Class = drawClass(t)
			rule.Sensitive = rapid.IntRange(0, 5).Draw(t, "sensitive") == 0
			if len(rule.Includes) > 0 || rapid.Bool().Draw(t, "rule") {
				r.Scopes[scope] = rule
			}
			for n := range rapid.IntRange(0, 2).Draw(t, "tools") {
				tool := Tool{Scope: scope, Class: drawClass(t), Sensitive: rapid.IntRange(0, 5).Draw(t, "secret") == 0, Guessed: rapid.IntRange(0, 5).Draw(t, "guessed") == 0}
				if tool.Class > ClassRead && rapid.IntRange(0, 7).Draw(t, "turned") == 0 {
					was := ClassRead
					tool.Was = &was
				}
				r.Tools[fmt.Sprintf("%s_%d", scope, n)] = tool
			}
		}
		known := r.known()
		for scope, rule := range r.Scopes {
			rule.Includes = slices.DeleteFunc(rule.Includes, func(part string) bool { return !known[part] })
			r.Scopes[scope] = rule
		}
		r.Tools["in_no_scope"] = Tool{}
	}
	return resources
}

func drawClass(t *rapid.T) Class {
	return rapid.SampledFrom([]Class{ClassRead, ClassRead, ClassRead, ClassRead, ClassModify, ClassDelete, ClassAdmin}).Draw(t, "class")
}

// policy is standard, with the resources.
func (s declaredSample) policy(m Mode) *Policy {
	p := *Standard()
	resources := slices.Clone(s.resources)
	for i := range resources {
		resources[i].Mode = m
	}
	p.vocabularies, p.modes = newVocabularies(resources), newModes(resources, nil)
	return &p
}

func (s declaredSample) decideUnder(p *Policy) Decision {
	return p.Decide(Input{Verdict: s.verdict, Claimed: s.verdict.Claimed(), Standing: s.standing, Resource: s.named})
}

// meant are the resources that the request can be about.
func (s declaredSample) meant() []Resource {
	switch s.named {
	case "":
		return s.resources
	case "https://c.example/mcp":
		return nil
	case "https://a.example/mcp", "HTTPS://A.example:443/mcp":
		return s.resources[:1]
	}
	return s.resources[1:]
}

// reaches are a scope and all that it includes, told from the resources alone.
func (s declaredSample) reaches(scope string) map[string]bool {
	reached := map[string]bool{scope: true}
	for range declarable {
		for _, r := range s.meant() {
			for of := range maps.Clone(reached) {
				for _, part := range r.Scopes[of].Includes {
					reached[part] = true
				}
			}
		}
	}
	return reached
}

// beyond says what of a scope a tier does not allow, told from the resources alone.
func (s declaredSample) beyond(scope string, tier Tier, given tierGrant) (fault string) {
	known := false
	check := func(what string, class Class, sensitive, guessed, turned bool) {
		known = true
		if !slices.Contains(given.Classes, class) || sensitive && !given.Sensitive || guessed && tier < TierAccepted || turned {
			fault = fmt.Sprintf("%s: %s, sensitive %t, guessed %t, turned %t", what, class, sensitive, guessed, turned)
		}
	}
	for part := range s.reaches(scope) {
		for _, r := range s.meant() {
			if rule, ok := r.Scopes[part]; ok {
				check(part, rule.Class, rule.Sensitive, false, false)
			}
			for name, tool := range r.Tools {
				if tool.Scope == part {
					check(name, tool.Class, tool.Sensitive, tool.Guessed, tool.Was != nil)
				}
			}
		}
	}
	if !known {
		return "nobody declared it"
	}
	return fault
}

// cappedByResources is the law capped where resources are declared: whatever a
// granted scope allows, by its parts too, the tier has; it is among what was asked
// for and what is stated, or a part of such; and what is not granted is listed.
func (s declaredSample) cappedByResources(p *Policy, d Decision) error {
	given := p.grantOf(d.Tier)
	effective, _ := s.verdict.Client()
	if d.Outcome != Approved {
		if d.Grant.Scope != "" || len(d.Grant.Tools)+len(d.Grant.ScopesSupported)+len(d.Grant.Classes) > 0 {
			return fmt.Errorf("a refusal grants %+v", d.Grant)
		}
		return nil
	}
	reachedBy := func(scopes []string, scope string) bool {
		return slices.ContainsFunc(scopes, func(from string) bool { return s.reaches(from)[scope] })
	}
	granted := metadata.Client{Scope: d.Grant.Scope}.Scopes()
	asked := s.verdict.Claimed().Scopes()
	var stated []string
	if st, ok := s.verdict.Statement(); ok {
		stated = st.Client.Scopes()
	}
	for _, scope := range granted {
		switch {
		case len(asked) > 0 && !reachedBy(asked, scope) && s.drawn.Labels["road"] != "document":
			return fmt.Errorf("%q was not asked for", scope)
		case len(stated) > 0 && !reachedBy(stated, scope):
			return fmt.Errorf("%q is not stated", scope)
		case scope == scopeOpenID:
		case scope == scopeOfflineAccess:
			if d.Grant.RefreshToken != RefreshRotate {
				return fmt.Errorf("offline_access without refresh")
			}
		default:
			if fault := s.beyond(scope, d.Tier, given); fault != "" {
				return fmt.Errorf("tier %s does not allow %q: %s", d.Tier, scope, fault)
			}
		}
	}
	for _, scope := range slices.Concat(asked, effective.Scopes()) {
		cut := slices.ContainsFunc(d.Grant.ScopesCut, func(c ScopeCut) bool { return c.Scope == scope && slices.Contains(Cuts(), c.Why) })
		if slices.Contains(granted, scope) == cut && !slices.ContainsFunc(d.Grant.ScopesCut, func(c ScopeCut) bool { return c.Scope == scope && c.Why == CutNotStated }) {
			return fmt.Errorf("%q is neither granted nor listed as cut, or both", scope)
		}
	}
	for _, cut := range d.Grant.ScopesCut {
		for _, part := range (metadata.Client{Scope: cut.Instead}).Scopes() {
			if !slices.Contains(granted, part) || !s.reaches(cut.Scope)[part] || part == cut.Scope {
				return fmt.Errorf("%q is said to be granted in place of %q", part, cut.Scope)
			}
		}
		if cut.Why == CutNotStated || cut.Scope == scopeOfflineAccess {
			continue
		}
		for _, tier := range Tiers()[1:] {
			has := s.beyond(cut.Scope, tier, p.grantOf(tier)) == ""
			if tier < cut.Earn && has || tier == cut.Earn && !has || cut.Earn == TierBlocked && has {
				return fmt.Errorf("%q is earned by %s, and at %s that is %t", cut.Scope, cut.Earn, tier, has)
			}
		}
	}
	return s.cappedTools(d, given, granted, len(effective.Scopes()) > 0)
}

// cappedTools: stepping up earns no more than was asked for, and of the tools
// exactly those are named that a scope in reach gives.
func (s declaredSample) cappedTools(d Decision, given tierGrant, granted []string, asked bool) error {
	callable := map[string]bool{}
	for _, scope := range d.Grant.ScopesSupported {
		if fault := s.beyond(scope, d.Tier, given); fault != "" {
			return fmt.Errorf("stepping up earns %q: %s", scope, fault)
		}
		if asked && !slices.ContainsFunc(granted, func(from string) bool { return s.reaches(from)[scope] }) {
			return fmt.Errorf("stepping up earns %q beyond %v", scope, granted)
		}
		for _, r := range s.meant() {
			for name, tool := range r.Tools {
				callable[name] = callable[name] || tool.Scope == scope
			}
		}
	}
	maps.DeleteFunc(callable, func(_ string, can bool) bool { return !can })
	if want := slices.Sorted(maps.Keys(callable)); len(s.meant()) < 2 && !slices.Equal(d.Grant.Tools, want) {
		return fmt.Errorf("tools %v, want %v", d.Grant.Tools, want)
	}
	if len(s.meant()) == 2 && d.Grant.Tools != nil {
		return fmt.Errorf("tools %v of nobody knows which resource", d.Grant.Tools)
	}
	return nil
}

// wantedOfResources are labels that must each come up.
var wantedOfResources = []string{"named=none", "named=declared", "named=undeclared", "resources=1", "resources=2", "instead=yes", "tools=some", "tools=none",
	"cut=class", "cut=sensitive", "cut=guessed", "cut=unreviewed", "cut=undeclared", "cut=resource", "cut=refresh", "cut=not_stated",
	"tier=accepted", "tier=signed", "tier=unverified", "road=document", "road=registration"}

// The law capped under hierarchies, with what it was held with.
func TestDecideCappedByResources(t *testing.T) {
	seen := tally{}
	const rounds = 8
	missing := func() []string {
		return slices.DeleteFunc(slices.Clone(wantedOfResources), func(label string) bool { return seen[label] > 0 })
	}
	for round := 0; round < rounds && (round == 0 || len(missing()) > 0); round++ {
		rapid.Check(t, func(t *rapid.T) {
			s := drawDeclared(t)
			p := s.policy(ModeEnforce)
			d := s.decideUnder(p)
			if err := s.cappedByResources(p, d); err != nil {
				t.Fatalf("%v\n%+v\n%v\n%+v", err, d.Grant, s.labels, s.resources)
			}
			seen.add(s.labels)
			seen["tools="+map[bool]string{true: "some", false: "none"}[len(d.Grant.Tools) > 0]]++
			for _, cut := range d.Grant.ScopesCut {
				seen["cut="+string(cut.Why)]++
				if cut.Instead != "" {
					seen["instead=yes"]++
				}
			}
		})
	}
	for _, label := range wantedOfResources {
		t.Logf("%6d %s", seen[label], label)
	}
	for _, label := range missing() {
		t.Errorf("the generator never drew %s", label)
	}
}

// Of a decision that is only observed the laws hold for what it would have been,
// whatever the policy; and what is blocked, or could not be checked, stays so.
func TestDecideObserved(t *testing.T) {
	passed, stayed := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		s := drawDeclared(t)
		enforced, observed := s.decideUnder(s.policy(ModeEnforce)), s.decideUnder(s.policy(ModeObserve))
		if s.named == "https://c.example/mcp" || len(s.meant()) == 0 || enforced.Tier == TierBlocked || s.verdict.Outcome == verify.Inconclusive {
			stayed++
			if diff := cmp.Diff(mustEncode(t, enforced), mustEncode(t, observed)); diff != "" {
				t.Fatalf("it does not stay as it is:\n%s", diff)
			}
			return
		}
		passed++
		would := Would{Outcome: enforced.Outcome, Tier: enforced.Tier, Reason: enforced.Reason, Grant: enforced.Grant}
		if observed.Would == nil || cmp.Diff(would, *observed.Would) != "" {
			t.Fatalf("would be %+v, and says %+v", would, observed.Would)
		}
		if observed.Outcome != Approved || observed.Tier != enforced.Tier || observed.Grant.Scope != s.verdict.Claimed().Scope || observed.OAuthError != nil {
			t.Fatalf("%s %s with %q, asked for was %q", observed.Outcome, observed.Tier, observed.Grant.Scope, s.verdict.Claimed().Scope)
		}
	})
	if passed == 0 || stayed == 0 {
		t.Errorf("%d passed and %d stayed", passed, stayed)
	}
}

func mustEncode(t *rapid.T, d Decision) string {
	text, err := d.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
