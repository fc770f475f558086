package verify_test

import (
	"testing"

	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/testvectors"
	"github.com/fc28f635/countersign/verify"
)

func TestVectors(t *testing.T) {
	for _, kind := range []string{"statement", "document"} {
		vectors := testvectors.Load(kind)
		if len(vectors) == 0 {
			t.Fatalf("no vectors of kind %s: have they moved?", kind)
		}
		for _, vector := range vectors {
			t.Run(name(vector), func(t *testing.T) {
				verdict := judge(t, vector)
				checkVerdict(t, vector, verdict)
			})
		}
	}
}

// Every reason that can be given has a vector, whatever kind it is of.
func TestEveryReasonHasAVector(t *testing.T) {
	named := map[string]bool{}
	for _, vector := range testvectors.All() {
		_, reason := vector.Expectation()
		named[reason] = true
		for _, f := range vector.Findings() {
			named[f.Reason] = true
		}
		for _, flag := range vector.Header["flag"] {
			named[flag] = true
		}
	}
	for _, reason := range metadata.Reasons() {
		if !named[string(reason)] {
			t.Errorf("no vector expects %s", reason)
		}
	}
}

// name is the vector's id with its rows of the catalogue.
func name(v testvectors.Vector) string {
	n := v.ID
	for _, row := range v.Header["row"] {
		n += " " + row
	}
	return n
}

func judge(t *testing.T, vector testvectors.Vector) *verify.Verdict {
	t.Helper()
	verifier := verifierOf(t, vector)
	p := verify.Presentation{Audience: vector.Get("audience"), At: vector.Now}
	switch {
	case vector.Kind == "document":
		p.ClientID = vector.Get("client_id")
	case vector.Get("client_id") != "":
		p.ClientID = vector.Get("client_id")
		p.Statement = string(vector.Files["statement.jws"])
	default:
		p.Statement = string(vector.Files["statement.jws"])
	}
	verdict, err := verifier.Verify(t.Context(), p)
	if err != nil {
		t.Fatalf("Verify: %v", err)
	}
	return verdict
}

func checkVerdict(t *testing.T, vector testvectors.Vector, verdict *verify.Verdict) {
	t.Helper()
	outcome, reason := vector.Expectation()
	if got := verdict.Outcome.String(); got != outcome || string(verdict.Reason()) != reason {
		t.Errorf("%s: got %s %s, want %s %s\n%s", vector.Get("comment"), got, verdict.Reason(), outcome, reason, findings(verdict))
	}
	for _, want := range vector.Findings() {
		found := false
		for _, f := range verdict.Findings {
			found = found || string(f.Check) == want.Check && f.Status.String() == want.Status && string(f.Reason) == want.Reason
		}
		if !found {
			t.Errorf("no finding %+v among\n%s", want, findings(verdict))
		}
	}
	if _, ok := verdict.Statement(); ok != (verdict.Outcome == verify.Verified && verdict.Digest != "") {
		t.Error("claims are reachable only where a statement was presented and the verdict is verified")
	}
}

func findings(v *verify.Verdict) string {
	var text string
	for _, f := range v.Findings {
		text += "  " + string(f.Check) + " " + f.Status.String() + " " + string(f.Reason) + " " + f.Detail + "\n"
	}
	return text
}
