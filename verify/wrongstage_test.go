package verify_test

import (
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/testvectors"
	"github.com/fc28f635/countersign/verify"
)

// TestWrongStages puts each mistake in place of a stage and asks the vectors
// and drawn worlds: one of them must notice, or they prove nothing.
func TestWrongStages(t *testing.T) {
	if have, named := verify.CountStages(); have != named {
		t.Fatalf("%d stages, %d of them named: name them all", have, named)
	}
	if red := redVectors(t); len(red) > 0 {
		t.Fatalf("red with the right stages: %v", red)
	}
	for _, wrong := range verify.WrongStages {
		t.Run(wrong.Name, func(t *testing.T) {
			restore := wrong.Install()
			defer restore()
			red := redVectors(t)
			found, after := contradictedWorld()
			if len(red) == 0 {
				t.Errorf("no vector notices")
			}
			if found != "" {
				t.Logf("world %d: %s", after, found)
			}
			t.Logf("%d vectors: %s", len(red), strings.Join(red, " "))
		})
	}
}

// redVectors returns the ids of the vectors that do not come out as they say.
func redVectors(t *testing.T) (red []string) {
	t.Helper()
	for _, kind := range []string{"statement", "document"} {
		for _, vector := range testvectors.Load(kind) {
			v := judge(t, vector)
			outcome, reason := vector.Expectation()
			ok := v.Outcome.String() == outcome && string(v.Reason()) == reason
			for _, want := range vector.Findings() {
				ok = ok && hasFinding(v, want)
			}
			if !ok {
				red = append(red, vector.ID)
			}
		}
	}
	return red
}

func hasFinding(v *verify.Verdict, want testvectors.Finding) bool {
	for _, f := range v.Findings {
		if string(f.Check) == want.Check && f.Status.String() == want.Status && string(f.Reason) == want.Reason {
			return true
		}
	}
	return false
}

// drawnWorlds are worlds to try wrong stages in.
var drawnWorlds = sync.OnceValue(func() (worlds []vectortest.Drawn) {
	const many = 400
	drawn := rapid.Custom(vectortest.Draw)
	for i := range many {
		worlds = append(worlds, drawn.Example(i))
	}
	return worlds
})

// contradictedWorld looks for a drawn world in which a verdict says what is not
// true.
func contradictedWorld() (what string, after int) {
	for i, d := range drawnWorlds() {
		v, err := verifyDrawn(d)
		if err == nil {
			err = contradiction(d, v)
		}
		if err != nil {
			return err.Error(), i
		}
	}
	return "", 0
}
