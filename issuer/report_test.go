package issuer

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// recordedAs is a decision on an unsigned client of a name whose codes go to a
// redirect URI.
func recordedAs(name, redirect string, change func(*Decision)) Decision {
	c := metadata.Client{ClientName: name, RedirectURIs: []string{redirect}, GrantTypes: []string{metadata.GrantAuthorizationCode}}
	d := Decision{ID: "d" + name, At: vectortest.DrawnNow, Outcome: Approved, Tier: TierUnverified, Client: c,
		Asked: Asked{ClientName: name, Shape: metadata.ShapeOf(c)}, Grant: Grant{Scope: "r", AccessTokenTTL: 60, RefreshToken: RefreshNone}}
	if change != nil {
		change(&d)
	}
	return d
}

func alike(d *Decision) {
	d.Flags = []metadata.Reason{metadata.ReasonNameResemblesProtected}
	d.Findings = []verify.Finding{{Check: verify.CheckDisplayName, Status: verify.Failed, Reason: metadata.ReasonNameResemblesProtected, Detail: "resembles Claude"}}
}

// More software than there is room for, and more scopes: what is held has a bound,
// what is not told apart is counted, and look-alikes are told all the same.
func TestReportIsBounded(t *testing.T) {
	r := NewReport(ReportOn{}, nil)
	const more = 7
	for i := range groupsMost + more {
		r.Add(recordedAs(fmt.Sprintf("Flood %d", i), "http://127.0.0.1/cb", nil))
	}
	for i := range lossesMost + more {
		r.Add(recordedAs("Claude", "http://127.0.0.1/cb", func(d *Decision) {
			alike(d)
			d.Grant.ScopesCut = []ScopeCut{{Scope: fmt.Sprintf("s%d", i), Why: CutClass}}
		}))
	}
	r.Add(recordedAs("Claude", "https://evil.example/cb", alike))
	s := r.Summary()
	if s.NotToldApart != more || len(s.Software) != groupsMost || s.Decisions != groupsMost+lossesMost+2*more+1 {
		t.Errorf("%d decisions, %d software, %d not told apart", s.Decisions, len(s.Software), s.NotToldApart)
	}
	if len(s.Lookalikes) != 2 || !s.Lookalikes[0].OwnRedirect || s.Lookalikes[0].Decisions != 1 || s.Lookalikes[1].OwnRedirect || s.Lookalikes[0].Resembles != "resembles Claude" {
		t.Fatalf("those with a redirect of their own are not first: %+v", s.Lookalikes)
	}
	loses := s.Lookalikes[1].Loses
	if len(loses) != lossesMost+1 || loses[0] != (Difference{lossesRest, more}) {
		t.Errorf("%d losses: %+v", len(loses), loses[:1])
	}
}

// What enforcing takes, of a decision that is enforced and of one that is not.
func TestReportedLosses(t *testing.T) {
	refreshing := func(d *Decision) { d.Client.GrantTypes = append(d.Client.GrantTypes, metadata.GrantRefreshToken) }
	for name, c := range map[string]struct {
		change func(*Decision)
		want   []string
	}{
		"nothing":        {nil, nil},
		"a scope":        {func(d *Decision) { d.Grant.ScopesCut = []ScopeCut{{Scope: "w", Why: CutClass}} }, []string{"scope w"}},
		"refresh tokens": {refreshing, []string{"refresh tokens"}},
		"refresh tokens that it keeps": {func(d *Decision) {
			refreshing(d)
			d.Grant.RefreshToken = RefreshRotate
		}, nil},
		"refresh tokens that were dropped": {func(d *Decision) {
			d.Before = &Before{GrantTypes: []string{metadata.GrantAuthorizationCode, metadata.GrantRefreshToken}}
		}, []string{"refresh tokens"}},
		"everything": {func(d *Decision) {
			d.Outcome, d.Reason, d.Client = Denied, metadata.ReasonScopeEmpty, metadata.Client{}
		}, []string{"everything: denied (scope_empty)"}},
		"observed, a scope": {func(d *Decision) {
			d.Mode, d.Would = ModeObserve, &Would{Outcome: Approved, Grant: Grant{ScopesCut: []ScopeCut{{Scope: "w", Why: CutClass}}}}
		}, []string{"scope w"}},
		"observed, everything": {func(d *Decision) {
			d.Mode, d.Would = ModeObserve, &Would{Outcome: Denied, Reason: metadata.ReasonSignatureInvalid}
		}, []string{"everything: denied (signature_invalid)"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := NewReport(ReportOn{}, nil)
			d := recordedAs("Agent", "http://127.0.0.1/cb", c.change)
			r.Add(d)
			s := r.Summary()
			var got []string
			for _, l := range s.Software[0].Loses {
				got = append(got, l.What)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("loses %q, want %q", got, c.want)
			}
			denied := strings.HasPrefix(strings.Join(got, ""), "everything")
			if denied != (len(s.Denials) == 1) || denied != (s.Totals[0].Outcome == Denied) || (s.Observed == 1) != (d.Mode == ModeObserve) {
				t.Errorf("%+v", s)
			}
		})
	}
}

// Who could sign is asked, and nobody who could not, or would gain nothing.
func TestVendorsWorthAsking(t *testing.T) {
	for name, c := range map[string]struct {
		redirect string
		change   func(*Decision)
		want     string
	}{
		"codes go to its host":              {"https://app.toolsmith.com/cb", func(d *Decision) { d.Tier, d.Binding = TierDomain, metadata.BindingWeb }, "https://toolsmith.com"},
		"its document is there":             {"http://127.0.0.1/cb", func(d *Decision) { d.Asked.ClientID = "https://toolsmith.co.uk/c.json" }, "https://toolsmith.co.uk"},
		"it claims to be":                   {"http://127.0.0.1/cb", func(d *Decision) { d.Asked.Publisher = metadata.MustPublisher("https://toolsmith.com") }, "https://toolsmith.com"},
		"its page is there":                 {"http://127.0.0.1/cb", func(d *Decision) { d.Client.ClientURI = "https://www.toolsmith.com/" }, "https://toolsmith.com"},
		"nobody":                            {"http://127.0.0.1/cb", nil, ""},
		"a name for examples":               {"https://toolsmith.example/cb", nil, ""},
		"where strangers register":          {"https://co.uk/cb", nil, ""},
		"an address":                        {"https://192.0.2.1/cb", nil, ""},
		"it signed":                         {"https://toolsmith.com/cb", func(d *Decision) { d.Tier, d.Binding = TierSigned, metadata.BindingWeb }, ""},
		"it is accepted":                    {"https://toolsmith.com/cb", func(d *Decision) { d.Tier = TierAccepted }, ""},
		"a signature lifts it no further":   {"http://127.0.0.1/cb", func(d *Decision) { d.Asked.ClientID, d.Tier = "https://toolsmith.com/c.json", TierDomain }, ""},
		"it is denied":                      {"https://toolsmith.com/cb", func(d *Decision) { d.Outcome, d.Reason = Denied, metadata.ReasonSignatureInvalid }, ""},
		"R18 it looks like somebody else's": {"https://toolsmith.com/cb", alike, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := NewReport(ReportOn{}, nil)
			r.Add(recordedAs("Agent", c.redirect, c.change))
			got := ""
			for _, v := range r.Summary().Vendors {
				got += v.Publisher.String()
			}
			if got != c.want {
				t.Errorf("asked is %q, want %q", got, c.want)
			}
		})
	}
	r := NewReport(ReportOn{}, nil)
	for n, name := range []string{"a", "b", "c", "d"} {
		for range n + 1 {
			r.Add(recordedAs(name, "https://app.toolsmith.com/"+name, nil))
		}
	}
	r.Add(recordedAs("x", "https://another.com/cb", nil))
	v := r.Summary().Vendors
	if len(v) != 2 || v[0].Decisions != 10 || !slices.Equal(v[0].Software, []string{"a", "b", "c"}) || v[1].Decisions != 1 {
		t.Errorf("%+v", v)
	}
}
