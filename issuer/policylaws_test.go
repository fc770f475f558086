package issuer

import (
	"flag"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// How many verdicts each policy is held against. make soak sets 100,000 over all.
var verdictsEach = flag.Int("verdicts", 500, "verdicts that each drawn policy is held against")

// policiesDrawn is how many policies are.
const policiesDrawn = 200

// TestLawsOfAnyPolicy holds the laws under policies that nobody wrote, each
// against the same verdicts.
func TestLawsOfAnyPolicy(t *testing.T) {
	seen := tally{}
	samples := make([]sample, *verdictsEach)
	for i := range samples {
		samples[i] = rapid.Custom(drawSample).Example(i)
	}
	policies := rapid.Custom(func(t *rapid.T) drawnLegal {
		p, drawn := drawLegal(t, seen)
		return drawnLegal{p, drawn}
	})
	held := 0
	for i := range policiesDrawn {
		p := policies.Example(i)
		for j, s := range samples {
			s.labels = maps.Clone(s.labels)
			for _, l := range laws {
				if err := l.broken(p.Policy, s); err != nil {
					t.Fatalf("law %s, policy %d, verdict %d: %v\n%v\n%s", l.name, i, j, err, s.labels, p.drawn.text)
				}
			}
			d := s.decide(p.Policy)
			seen.add(map[string]string{"outcome": string(d.Outcome), "reason": string(d.Reason), "reached": d.Tier.String()})
			if len(d.ConditionFaults) > 0 {
				seen.add(map[string]string{"fault": "yes"})
			}
			held++
		}
	}
	for _, label := range slices.Sorted(maps.Keys(seen)) {
		t.Logf("%7d %s", seen[label], label)
	}
	t.Logf("%d policies, %d verdicts each, %d in all", policiesDrawn, *verdictsEach, held)
	for _, label := range seen.lacks(wantedPolicyLabels) {
		t.Errorf("no policy came with %s", label)
	}
}

type drawnLegal struct {
	*Policy
	drawn drawnPolicy
}

// The built-in policies keep the laws, each as far as its overrides say.
func TestLawsOfBuiltins(t *testing.T) {
	samples := rapid.Custom(drawSample)
	const verdicts = 1000
	for i := range verdicts {
		s := samples.Example(i)
		for _, name := range BuiltinNames() {
			p, _ := Builtin(name)
			for _, l := range laws {
				if err := l.broken(p, s); err != nil {
					t.Fatalf("policy %s, law %s: %v\n%v", name, l.name, err, s.labels)
				}
			}
		}
	}
}
