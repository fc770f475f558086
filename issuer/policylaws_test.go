package issuer

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/fc28f635/countersign/verify"
)

// How many policies and verdicts are drawn, and under how many of the policies
// each verdict is held, which take turns.
type lawsSize struct{ policies, verdicts, each int }

func sizeOfLaws() lawsSize {
	if os.Getenv("COUNTERSIGN_SOAK") != "" {
		return lawsSize{200, 100_000, 20}
	}
	return lawsSize{200, 500, 200}
}

// TestLawsOfAnyPolicy holds the laws under policies that nobody wrote, each
// against the same verdicts. What is verified is preferred: what is not is denied
// under every policy.
func TestLawsOfAnyPolicy(t *testing.T) {
	size, seen := sizeOfLaws(), tally{}
	generator := rapid.Custom(func(t *rapid.T) drawnLegal {
		p, drawn := drawLegal(t, seen)
		return drawnLegal{p, drawn}
	})
	policies := make([]drawnLegal, size.policies)
	for i := range policies {
		policies[i] = generator.Example(i)
	}
	const shards = 4
	t.Run("P9", func(t *testing.T) {
		var together sync.Mutex
		for shard := range shards {
			t.Run(fmt.Sprint(shard), func(t *testing.T) {
				t.Parallel()
				mine := tally{}
				for i := range size.verdicts / shards {
					first := i * size.each % size.policies
					holdUnder(t, policies[first:first+size.each], drawPreferred(i*shards+shard), mine)
				}
				together.Lock()
				defer together.Unlock()
				for label, n := range mine {
					seen[label] += n
				}
			})
		}
	})
	for _, label := range slices.Sorted(maps.Keys(seen)) {
		t.Logf("%7d %s", seen[label], label)
	}
	t.Logf("%d policies, %d verdicts, each under %d of them", size.policies, size.verdicts, size.each)
	for _, label := range seen.lacks(wantedPolicyLabels) {
		t.Errorf("no policy came with %s", label)
	}
}

// drawPreferred draws the sample of a number, a verified one where there is one
// among the next few.
func drawPreferred(i int) sample {
	const few = 3
	samples := rapid.Custom(drawSample)
	for n := range few {
		if s := samples.Example(i*few + n); s.verdict.Outcome == verify.Verified || n == few-1 {
			return s
		}
	}
	return sample{}
}

// holdUnder holds one sample against the laws under each policy.
func holdUnder(t *testing.T, policies []drawnLegal, s sample, seen tally) {
	t.Helper()
	s.brief = true
	for i, p := range policies {
		for _, l := range laws {
			if err := l.broken(p.Policy, s); err != nil {
				t.Fatalf("law %s, policy %d: %v\n%v\n%s", l.name, i, err, s.labels, p.drawn.text)
			}
		}
		d := s.decide(p.Policy)
		seen.add(map[string]string{"outcome": string(d.Outcome), "reason": string(d.Reason), "reached": d.Tier.String(), "fault": fmt.Sprint(len(d.ConditionFaults) > 0)})
	}
}

// A drawnLegal is a policy that nobody wrote and that can be read.
type drawnLegal struct {
	*Policy
	drawn drawnPolicy
}

// The built-in policies keep the laws, each as far as its overrides say.
func TestLawsOfBuiltins(t *testing.T) {
	var all []drawnLegal
	for _, name := range BuiltinNames() {
		p, _ := Builtin(name)
		all = append(all, drawnLegal{p, drawnPolicy{text: name}})
	}
	const verdicts = 500
	for i := range verdicts {
		holdUnder(t, all, drawPreferred(i), tally{})
	}
}
