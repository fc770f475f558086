package verify_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// A verdict that is rebuilt says what was recorded of it, and trusts no more.
func TestRecall(t *testing.T) {
	client := metadata.Client{ClientName: "Acme Agent", RedirectURIs: []string{"https://acme.example/callback"}}
	recorded := verify.Recollection{At: vectortest.DrawnNow, Publisher: vectortest.Acme, Digest: "sha256:1",
		Findings: []verify.Finding{{Check: verify.CheckForm, Status: verify.Passed}},
		Binding:  metadata.BindingWeb, Client: client, Shape: "shape", Lifetime: 90 * time.Minute}
	for name, c := range map[string]struct {
		outcome verify.Outcome
		reason  metadata.Reason // recorded
		trusted bool
	}{
		"verified":                      {verify.Verified, "", true},
		"verified, for whatever reason": {verify.Verified, metadata.ReasonKeyRevoked, true},
		"rejected":                      {verify.Rejected, metadata.ReasonKeyRevoked, false},
		"inconclusive":                  {verify.Inconclusive, metadata.ReasonDNSUnavailable, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := recorded
			r.Outcome, r.Reason = c.outcome, c.reason
			v := verify.Recall(r)
			if v.Outcome != c.outcome || !v.At.Equal(r.At) || v.Publisher != r.Publisher || v.Digest != r.Digest || !v.Passed(verify.CheckForm) {
				t.Errorf("recalled as %+v", v)
			}
			got, ok := v.Client()
			_, stated := v.Statement()
			if !c.trusted {
				if ok || stated || v.Reason() != c.reason || v.Binding != metadata.BindingLoose || v.Shape() != "" || v.Claimed().ClientName != "" || v.Line().First {
					t.Errorf("it trusts: %+v", v)
				}
				return
			}
			if diff := cmp.Diff(client, got); diff != "" || !ok {
				t.Errorf("client, -want +got:\n%s", diff)
			}
			if diff := cmp.Diff(client, v.Claimed()); diff != "" {
				t.Errorf("claimed, -want +got:\n%s", diff)
			}
			if v.Reason() != "" || v.Binding != metadata.BindingWeb || v.Shape() != "shape" || !v.Line().First {
				t.Errorf("recalled as %+v", v)
			}
		})
	}
}

// Of a statement the publisher and the lifetime are recalled, and of none none.
func TestRecallStatement(t *testing.T) {
	for lifetime, want := range map[time.Duration]bool{0: false, time.Second: true, 90 * time.Minute: true} {
		v := verify.Recall(verify.Recollection{Outcome: verify.Verified, At: vectortest.DrawnNow, Publisher: vectortest.Acme, Lifetime: lifetime})
		s, ok := v.Statement()
		if ok != want || time.Duration(s.ExpiresAt-s.IssuedAt)*time.Second != lifetime {
			t.Errorf("%s: %t, %+v", lifetime, ok, s)
		}
		if ok && (s.Publisher != vectortest.Acme || s.IssuedAt != vectortest.DrawnNow.Unix()) {
			t.Errorf("%s: %+v", lifetime, s)
		}
	}
}
