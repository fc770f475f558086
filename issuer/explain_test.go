package issuer

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// isTold reports whether a text is there, and ends as sentences do.
func isTold(text string) bool { return text != "" && strings.HasSuffix(text, ".") }

// Every reason, with every effect, says what the user, the publisher and the
// operator can do.
func TestEveryReasonIsExplainedToEverybody(t *testing.T) {
	for _, reason := range metadata.Reasons() {
		finding := verify.Finding{Check: verify.CheckForm, Status: verify.Failed, Reason: reason, Detail: "zq"}
		approved := Decision{Outcome: Approved, Tier: TierUnverified, Narrowed: &Narrowing{}}
		flagged, narrowed := approved, approved
		flagged.Flags, narrowed.Findings = []metadata.Reason{reason}, []verify.Finding{finding}
		blocked := Decision{Tier: TierBlocked}.deny(reason)
		for _, test := range []struct {
			name   string
			d      Decision
			effect Effect
		}{
			{"denied", Decision{Tier: TierUnverified, Findings: []verify.Finding{finding}}.deny(reason), EffectRefused},
			{"denied and blocked", blocked, EffectRefused},
			{"narrowed", narrowed, EffectNarrowed},
			{"flagged", flagged, EffectFlagged},
		} {
			t.Run(string(reason)+" "+test.name, func(t *testing.T) {
				e := test.d.Explain()
				if len(e.Reasons) != 1 || e.Reasons[0].Effect != test.effect {
					t.Fatalf("reasons %+v, want one, %s", e.Reasons, test.effect)
				}
				r := e.Reasons[0]
				if !isTold(e.Summary) || !isTold(e.TierMeans) || !isTold(r.Sentence) || !isTold(r.Means) || !isTold(r.Publisher) || !isTold(r.Operator) {
					t.Errorf("somebody is told nothing: %+v", e)
				}
				if len(e.User) == 0 || slices.ContainsFunc(e.User, func(s string) bool { return !isTold(s) }) {
					t.Errorf("the user is told %q", e.User)
				}
				if r.Reason != ReasonUnavailable && r.Reason != reason {
					t.Errorf("%s is told as %s", reason, r.Reason)
				}
			})
		}
	}
}

// What look-ups came to is not told apart, and nothing that was seen is told.
func TestTheExplanationHidesWhatWasSeen(t *testing.T) {
	explain := func(reason metadata.Reason) string {
		e := Decision{Outcome: Approved, Tier: TierDomain, Findings: []verify.Finding{{Check: verify.CheckDNSKey, Status: verify.Unavailable,
			Reason: reason, Detail: "zq 192.0.2.7", Evidence: verify.Evidence{Server: "zq", Record: "zq", Name: "zq"}}},
			IgnoredStatement: &IgnoredStatement{Why: "test_mode", Statement: "zq"}, Shape: "zq", Statement: "zq", Policy: "zq",
			AuthorizationServer: "https://zq.example", Countersigned: "zq", Asked: Asked{ClientID: "https://zq.example"}}.Explain()
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "zq") || strings.Contains(string(text), "192.0.2.7") {
			t.Errorf("%s: told what was seen: %s", reason, text)
		}
		return string(text)
	}
	want := explain(metadata.ReasonDNSUnavailable)
	for _, reason := range []metadata.Reason{metadata.ReasonAddressRefused, metadata.ReasonDNSBogus, metadata.ReasonDocumentUnavailable} {
		t.Run("H20 "+string(reason), func(t *testing.T) {
			if got := explain(reason); got != want {
				t.Errorf("told apart:\n%s\n%s", got, want)
			}
		})
	}
	if explain(metadata.ReasonDNSUncorroborated) == want {
		t.Error("dns_uncorroborated is not told")
	}
}

// What a stranger chose is bounded and shows its controls.
func TestTheExplanationBoundsWhatAStrangerChose(t *testing.T) {
	long := strings.Repeat("é", 10<<10)
	cuts, names := make([]ScopeCut, 1000), make([]string, 1000)
	for i := range cuts {
		cuts[i], names[i] = ScopeCut{Scope: long, Why: "class"}, "a\u202e"+long
	}
	told := "Nobody vouches for the name \"" + strings.Repeat("日本語 ", 40) + "\""
	e := Decision{Outcome: Approved, Told: told, Asked: Asked{ClientName: "a\x00\u202e\"" + long}, Overridden: names, Grant: Grant{ScopesCut: cuts}}.Explain()
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("H20 bounds", func(t *testing.T) {
		const most = 64 << 10
		if len(text) > most {
			t.Errorf("%d bytes, at most %d", len(text), most)
		}
		if e.Told != told {
			t.Errorf("told %q, want %q", e.Told, told)
		}
	})
	t.Run("H20 controls", func(t *testing.T) {
		if strings.ContainsRune(string(text), '\u202e') || !strings.HasPrefix(e.ClaimedName, `a\x00\u202e\"`) || !strings.HasPrefix(e.Overridden[0], `a\u202e`) {
			t.Errorf("shown as %.50q and %.50q", e.ClaimedName, e.Overridden[0])
		}
	})
}

// Who was refused is not told that nothing was.
func TestARefusalIsTheOnlyNews(t *testing.T) {
	d := Decision{Tier: TierUnverified, Flags: []metadata.Reason{metadata.ReasonKeyLineNew},
		IgnoredStatement: &IgnoredStatement{Why: ignoredInTestMode}}.deny(metadata.ReasonScopeEmpty)
	if e := d.Explain(); len(e.User) != 1 || !strings.HasPrefix(e.User[0], "Nothing was granted") || len(e.Reasons) != 3 {
		t.Errorf("the user is told %q, reasons %+v", e.User, e.Reasons)
	}
}

// Of a refusal, what was not asked is not listed, and what could not be is not
// its cause.
func TestCausesOfARefusal(t *testing.T) {
	d := Decision{Tier: TierUnverified, Findings: []verify.Finding{
		{Status: verify.Passed},
		{Status: verify.Failed, Reason: metadata.ReasonScopeEmpty},
		{Status: verify.Failed, Reason: metadata.ReasonScopeMalformed},
		{Status: verify.Unavailable, Reason: metadata.ReasonDNSBogus},
		{Status: verify.Skipped, Reason: metadata.ReasonWellknownMissing},
	}}.deny(metadata.ReasonScopeEmpty)
	var got []string
	for _, r := range d.Explain().Reasons {
		got = append(got, string(r.Reason)+" "+string(r.Effect))
	}
	if want := []string{"scope_empty refused", "scope_malformed refused", "unavailable narrowed"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A statement that was ignored says why, each of the two reasons that there are.
func TestIgnoredStatementsAreExplained(t *testing.T) {
	for _, why := range []metadata.Reason{metadata.ReasonStatementExpired, ReasonTestMode} {
		t.Run(string(why), func(t *testing.T) {
			e := Decision{Outcome: Approved, Tier: TierUnverified, IgnoredStatement: &IgnoredStatement{Why: string(why)}}.Explain()
			if len(e.Reasons) != 1 || e.Reasons[0].Reason != why {
				t.Fatalf("reasons %+v, want %s", e.Reasons, why)
			}
			if r := e.Reasons[0]; !isTold(r.Sentence) || !isTold(r.Means) || !isTold(r.Publisher) || !isTold(r.Operator) || len(e.User) != 2 {
				t.Errorf("somebody is told nothing: %+v", e)
			}
		})
	}
}

func TestExplainedCuts(t *testing.T) {
	d := Decision{Outcome: Approved, Tier: TierUnverified, Narrowed: &Narrowing{}}
	for _, earn := range Tiers() {
		d.Grant.ScopesCut = append(d.Grant.ScopesCut, ScopeCut{Scope: "files.write", Why: CutClass, Earn: earn, Class: ClassModify})
	}
	for i, cut := range d.Explain().ScopesCut {
		earn := Tiers()[i]
		if !isTold(cut.EarnedBy) || cut.Why != "modify is beyond this tier" || earn >= TierDomain && !strings.Contains(cut.EarnedBy, earn.String()) {
			t.Errorf("%s: %+v", earn, cut)
		}
	}
}
