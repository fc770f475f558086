package verify_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/trustroots"
	"github.com/fc28f635/countersign/verify"
)

// What is remembered of a statement is under which key its bytes verify: where
// the publisher has another key under that kid, they are checked again.
func TestRememberedSignatureIsOfOneKey(t *testing.T) {
	genuine := newPlace(t, []string{"dns: secure"}, liveZone, nil)
	foreign := newPlace(t, []string{"dns: secure"}, map[string]string{"dns.zone": zone(record(vectortest.Foreign))}, nil)
	now := genuine
	p := newPlace(t, nil, nil, func(cfg *verify.Config) {
		cfg.Resolver = resolverFunc(func(ctx context.Context, name string) (verify.Answer, error) { return now.LookupTXT(ctx, name) })
	})
	presented := verify.Presentation{Statement: statement(t, nil)}
	for _, step := range []struct {
		published *place
		outcome   verify.Outcome
		reason    metadata.Reason
	}{
		{genuine, verify.Verified, ""},
		{foreign, verify.Rejected, metadata.ReasonSignatureInvalid},
		{genuine, verify.Verified, ""},
	} {
		now = step.published
		p.after(15 * time.Minute)
		want(t, p.verify(t, presented), step.outcome, step.reason)
	}
}

// A statement that is known is not read again: that takes more than so many
// allocations, and the goal for a known one is six.
func TestKnownStatementIsNotReadAgain(t *testing.T) {
	pins := `{"publishers":{"https://acme.example":{"keys":[` + string(vectortest.Genuine.Key.JWK()) + `]}}}`
	p := newPlace(t, nil, map[string]string{"roots.json": pins}, nil)
	presented := verify.Presentation{Statement: statement(t, nil), At: vectortest.DrawnNow}
	allocations := testing.AllocsPerRun(100, func() { // once before it counts
		v, err := p.verifier.Verify(context.Background(), presented)
		if err != nil || v.Outcome != verify.Verified {
			t.Fatal(v, err)
		}
	})
	if allocations > 10 {
		t.Errorf("%v allocations", allocations)
	}
	p.wantPackets(t, 0, 0)
}

// A payload is read for what is wrong with it, too, and only where there is one.
func TestDefectsOfHeaderAndPayload(t *testing.T) {
	header := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"EdDSA","kid":"2026a","typ":"software-statement+jwt"}`))
	signature := strings.Repeat("A", 86)
	for raw, want := range map[string]int{
		header + ".." + signature:    1, // no payload: nothing is said of claims
		header + ".eA." + signature:  1, // one byte
		header + ".!." + signature:   1,
		header + ".e30." + signature: 7, // an object without claims
		"e30" + ".e30." + signature:  9, // and a header without members
	} {
		v := newPlace(t, nil, nil, nil).verify(t, verify.Presentation{Statement: raw})
		if v.Outcome != verify.Rejected || len(v.Findings) != want {
			t.Errorf("%s is %s, for %d reasons, want %d:\n%s", raw, v.Outcome, len(v.Findings), want, findings(v))
		}
	}
}

// A statement of which the form is refused names nobody, and passed nothing.
func TestRefusedFormNamesNobody(t *testing.T) {
	for name, c := range map[string]struct {
		header  []string
		change  func(*metadata.Statement)
		outcome verify.Outcome
		reason  metadata.Reason
	}{
		"a countersigner's": {[]string{"countersigner: https://acme.example"}, nil, verify.Rejected, metadata.ReasonPublisherIsCountersigner},
		"of one install": {nil, func(s *metadata.Statement) {
			s.Confirmation = []byte(`{"jkt":"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"}`)
		}, verify.Rejected, metadata.ReasonPossessionUnproven},
		"while the pins cannot be read": {[]string{"fault: roots_unreadable"}, nil, verify.Inconclusive, metadata.ReasonRootsUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, c.header, liveZone, nil)
			v := p.verify(t, verify.Presentation{Statement: statement(t, c.change)})
			want(t, v, c.outcome, c.reason)
			if !v.Publisher.IsZero() || v.KeyID != "" || v.Passed(verify.CheckForm) || v.Digest == "" {
				t.Errorf("it is %s's, under %q, and its digest is %q\n%s", v.Publisher, v.KeyID, v.Digest, findings(v))
			}
			p.wantPackets(t, 0, 0)
		})
	}
}

// Who pins others only is no reason to wait.
func TestPublisherWithoutPin(t *testing.T) {
	pins := fmt.Sprintf(`{"publishers":{%q:{"keys":[%s]}}}`, vectortest.Other, vectortest.Foreign.Key.JWK())
	p := newPlace(t, []string{"dns: secure"}, map[string]string{"roots.json": pins, "dns.zone": liveZone["dns.zone"]}, nil)
	want(t, p.verify(t, verify.Presentation{Statement: statement(t, nil)}), verify.Verified, "")
}

// A check that fails without saying why has failed.
func TestFailureWithoutReason(t *testing.T) {
	p := newPlace(t, []string{"dns: secure"}, liveZone, nil)
	verify.FailSignatures(p.verifier, errForgotten)
	v := p.verify(t, verify.Presentation{Statement: statement(t, nil)})
	want(t, v, verify.Rejected, metadata.ReasonServerError)
	if f, _ := v.Finding(verify.CheckSignature); f.Detail != errForgotten.Error() {
		t.Errorf("it says %q", f.Detail)
	}
}

// Whoever leaves is told nothing, also where something was wrong already.
func TestRootsThatAreLeft(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p := newPlace(t, nil, nil, func(cfg *verify.Config) { cfg.Roots = leftRoots(cancel) })
	v, err := p.verifier.Verify(ctx, verify.Presentation{Statement: statement(t, func(s *metadata.Statement) {
		s.Confirmation = []byte(`{"jkt":"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"}`)
	})})
	if !errors.Is(err, context.Canceled) || v != nil {
		t.Errorf("got %v and %v, want no verdict and the context's error", v, err)
	}
}

// leftRoots are asked by somebody who leaves meanwhile.
type leftRoots context.CancelFunc

func (leave leftRoots) Root(ctx context.Context, _ metadata.Publisher) (*trustroots.Root, error) {
	leave()
	return nil, ctx.Err()
}
