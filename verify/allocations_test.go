//go:build !race

// The race detector allocates for itself: make test counts this in its step
// coverage, which goes without it.

package verify_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"testing"

	"github.com/fc28f635/countersign/verify"
)

// The allocations of goal P1 (60, of which a check of ES256 has 10) do not depend
// on the machine.
func TestAllocationsOfANewStatement(t *testing.T) {
	const most = 50 // beside the signature check
	public, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	nist, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		alg   string
		key   crypto.Signer
		check func(signed) bool
	}{{"EdDSA", edwards, bareEdDSA(public)}, {"ES256", nist, bareES256(&nist.PublicKey)}} {
		t.Run(c.alg, func(t *testing.T) {
			v, list := pinning(t, c.key), benchStatements(t, c.alg, c.key)
			i := 0
			n := testing.AllocsPerRun(100, func() {
				if verdict, err := v.Verify(t.Context(), verify.Presentation{Statement: list[i].compact}); err != nil || verdict.Outcome != verify.Verified {
					t.Fatal(verdict, err)
				}
				i++
			})
			bare := testing.AllocsPerRun(100, func() {
				if !c.check(list[0]) {
					t.Fatal("the bare check fails")
				}
			})
			if n-bare > most {
				t.Errorf("%.0f allocations beside the %.0f of the check, want %d at most", n-bare, bare, most)
			}
		})
	}
}
