package issuer

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/fc28f635/countersign/internal/strictjson"
	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// otherPolicy is the standard one with texts in it replaced: pairs of old and new.
func otherPolicy(t testing.TB, pairs ...string) *Policy {
	t.Helper()
	text := Standard().Source()
	for i := 0; i < len(pairs); i += 2 {
		if !bytes.Contains(text, []byte(pairs[i])) {
			t.Fatalf("the standard policy has no %q", pairs[i])
		}
		text = bytes.ReplaceAll(text, []byte(pairs[i]), []byte(pairs[i+1]))
	}
	p, err := ParsePolicy(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// recorded is a decision as it comes back from a store.
func recorded(t testing.TB, d Decision) (back Decision) {
	t.Helper()
	data, err := d.Encode()
	if err == nil {
		err = json.Unmarshal(data, &back)
	}
	if err != nil {
		t.Fatal(err)
	}
	return back
}

// compared is what of a decision a replay must come to. The order of scopes is not
// recorded.
func compared(t testing.TB, d Decision) string {
	t.Helper()
	sorted := func(scope string) string {
		return strings.Join(slices.Sorted(slices.Values(strings.Fields(scope))), " ")
	}
	d.Grant.Scope, d.Client.Scope = sorted(d.Grant.Scope), sorted(d.Client.Scope)
	d.Grant.ScopesCut = slices.SortedFunc(slices.Values(d.Grant.ScopesCut), func(a, b ScopeCut) int { return strings.Compare(a.Scope, b.Scope) })
	data, err := strictjson.Encode(struct {
		Outcome   Outcome
		Reason    metadata.Reason
		Tier      Tier
		Grant     Grant
		Publisher metadata.Publisher
		Client    metadata.Client
		Binding   metadata.Binding
		Flags     []metadata.Reason
		Policy    string
	}{d.Outcome, d.Reason, d.Tier, d.Grant, d.Publisher, d.Client, d.Binding, d.Flags, d.Policy}, true)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// Z5: from the record every decision comes out again, by its own policy and, as it
// would have been, by another.
func TestReplay(t *testing.T) {
	policies := map[string]*Policy{
		"itself":    Standard(),
		"narrower":  otherPolicy(t, "classes: [read, modify, delete]", "classes: [read, modify]"),
		"shorter":   otherPolicy(t, "statement_lifetime_days: 90", "statement_lifetime_days: 30"),
		"no device": otherPolicy(t, "    - urn:ietf:params:oauth:grant-type:device_code\n", "", "    - client_credentials\n", ""),
	}
	replayed := 0
	rapid.Check(t, func(rt *rapid.T) {
		s := drawSample(rt)
		if ignores(s.verdict, Standard()) != nil || s.labels["verdict"] == "synthetic" && s.verdict.Outcome != verify.Verified {
			return // a registry does not decide on that, and no finding is the drawn verdict's reason
		}
		in := Input{Verdict: s.verdict, Claimed: s.verdict.Claimed(), Standing: s.standing, ClientID: s.drawn.Presentation.ClientID}
		for by, first := range policies {
			d := first.Decide(in)
			if d.Unavailable() {
				continue // is not recorded
			}
			d.Before, d.Asked = beforeOf(in, d), askedOf(Request{ClientID: s.drawn.Presentation.ClientID}, s.verdict)
			back := recorded(t, d)
			for name, p := range policies {
				again, err := p.Replay(back)
				if err != nil {
					rt.Fatalf("recorded by %s, replayed by %s: %v", by, name, err)
				}
				replayed++
				want := p.Decide(in)
				want.Client = recorded(t, want).Client // spelled as a record spells it
				if diff := cmp.Diff(compared(t, want), compared(t, again)); diff != "" {
					rt.Fatalf("recorded by %s, replayed by %s (-decided +replayed):\n%s\n%v\n%+v", by, name, diff, s.labels, back.Before)
				}
			}
		}
	})
	if replayed < len(policies) {
		t.Errorf("%d replays", replayed)
	}
}

// A client whose statement had ended was judged without it: what it is with it, and
// what it would be without, only its own record says.
func TestReplayOfAnEndedStatement(t *testing.T) {
	refuse := otherPolicy(t, "expired_statement: ignore", "expired_statement: refuse")
	ended := stated(t, vectortest.Genuine, func(s *metadata.Statement) {
		s.IssuedAt, s.ExpiresAt = s.IssuedAt-100*24*3600, vectortest.DrawnNow.Unix()-3600
	})
	for name, c := range map[string]struct {
		by, again *Policy
		want      metadata.Reason
		err       error
	}{
		"ignored, and again":   {Standard(), Standard(), "", nil},
		"ignored, now refused": {Standard(), refuse, metadata.ReasonStatementExpired, nil},
		"refused, and again":   {refuse, refuse, metadata.ReasonStatementExpired, nil},
		"refused, now ignored": {refuse, Standard(), "", ErrNotReplayable},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, secure, signedZone(""), func(cfg *Config) { cfg.Policy = c.by })
			d, err := c.again.Replay(recorded(t, o.decide(t, registration(agent(ended)))))
			if !errors.Is(err, c.err) || d.Reason != c.want {
				t.Errorf("%s %q, %v; want %q, %v", d.Outcome, d.Reason, err, c.want, c.err)
			}
		})
	}
}

// What passed although it was not verified, because nothing was enforced, is no
// verified client in a replay.
func TestReplayOfWhatPassed(t *testing.T) {
	v := verify.Recall(verify.Recollection{At: vectortest.DrawnNow, Reason: metadata.ReasonSignatureInvalid, Digest: "sha256:1"})
	d := Decision{ID: "d1", At: v.At, Outcome: Approved, Tier: TierUnverified, Client: agent(""), Statement: v.Digest}
	d.Before = beforeOf(Input{Verdict: v}, d)
	again, err := Standard().Replay(recorded(t, d))
	if err != nil || again.Outcome != Denied || again.Reason != metadata.ReasonSignatureInvalid {
		t.Errorf("%s %s, %v", again.Outcome, again.Reason, err)
	}
}

// What a record does not say is said, and nothing is made up.
func TestNotReplayable(t *testing.T) {
	lacking := Decision{ID: "d1", Outcome: Denied, Reason: metadata.ReasonStatementLifetimeTooLong, At: time.Unix(1_700_000_000, 0)}
	if d, err := Standard().Replay(lacking); !errors.Is(err, ErrNotReplayable) || d.ID != "" {
		t.Errorf("a record of an older version: %v, %v", d.Outcome, err)
	}
}

// What was only observed is recorded as it was claimed, and replayed as what it
// is: with the members that its statement has, and those that it claimed.
func TestReplayOfWhatWasObserved(t *testing.T) {
	observing := declaring(t, "authorization_servers:\n  - {issuer: https://as.example, mode: observe}\n")
	renamed := agent(stated(t, vectortest.Genuine, nil))
	renamed.ClientName, renamed.SoftwareID = "Other", ""
	for name, c := range map[string]metadata.Client{
		"plain": agent(""), "renamed": renamed, "bare": {SoftwareStatement: renamed.SoftwareStatement}, "forged": agent(stated(t, vectortest.Foreign, nil)),
	} {
		for by, p := range map[string]*Policy{"observing": observing, "standard": Standard(), "denying": denying(t, `client_name == "Other"`)} {
			t.Run(name+" by "+by, func(t *testing.T) {
				under := func(p *Policy) Decision {
					return newOffice(t, secure, signedZone(""), func(cfg *Config) { cfg.Policy = p }).decide(t, registration(c))
				}
				again, err := p.Replay(recorded(t, under(observing)))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(compared(t, recorded(t, under(p))), compared(t, recorded(t, again))); diff != "" {
					t.Errorf("-decided +replayed:\n%s", diff)
				}
			})
		}
	}
}
