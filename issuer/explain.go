package issuer

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fc28f635/countersign/docs"
	"github.com/fc28f635/countersign/metadata"
)

// An Explanation says what was decided, why, and who can do what about it, to
// anybody who has the decision's id: reasons and fixed sentences, never what was
// seen. What a stranger chose is bounded, and has its controls written out.
type Explanation struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	Outcome Outcome   `json:"outcome"`
	Summary string    `json:"summary"` // the outcome as a sentence

	Tier      Tier   `json:"tier"`
	TierMeans string `json:"tier_means"` // the tier as a sentence

	// Told is what a person is told of the client where it asks for consent.
	Told string `json:"told"`

	// ClaimedName is the name that the client gave itself. Nobody checked it.
	ClaimedName string `json:"claimed_name,omitempty"`

	// User is what the person who was sent here can do.
	User []string `json:"user"`

	Reasons []ExplainedReason `json:"reasons"`

	// ScopesCut are the scopes that were asked for and not granted, Overridden
	// the members of the registration that did not come through as sent.
	ScopesCut  []ExplainedCut `json:"scopes_cut"`
	Overridden []string       `json:"overridden"`

	DryRun bool `json:"dry_run,omitzero"`
	Test   bool `json:"test,omitzero"`
}

// An ExplainedCut is a scope that was not granted.
type ExplainedCut struct {
	Scope    string `json:"scope"`
	Why      string `json:"why"`
	EarnedBy string `json:"earned_by"`
}

// Explain explains a decision to the public.
func (d Decision) Explain() Explanation {
	e := Explanation{ID: d.ID, At: d.At, Outcome: d.Outcome, Summary: d.summary(), Tier: d.Tier, TierMeans: tierMeans[d.Tier],
		Told: shown(d.Told, longestTold), ClaimedName: shown(d.claimedName(), longestShown), User: []string{}, Reasons: d.explainReasons(),
		ScopesCut: []ExplainedCut{}, Overridden: []string{}, DryRun: d.DryRun, Test: d.Test}
	for _, cut := range first(d.Grant.ScopesCut) {
		e.ScopesCut = append(e.ScopesCut, ExplainedCut{Scope: shown(cut.Scope, longestShown), Why: cut.because(), EarnedBy: cut.earned()})
	}
	for _, name := range first(d.Overridden) {
		e.Overridden = append(e.Overridden, shown(name, longestShown))
	}
	e.adviseUser(d.Narrowed != nil)
	return e
}

// adviseUser says what the user can do, once for each thing that happened.
func (e *Explanation) adviseUser(narrowed bool) {
	advise := func(title string) {
		if text := docs.Everybody("User, " + title); !slices.Contains(e.User, text) {
			e.User = append(e.User, text)
		}
	}
	switch {
	case e.Outcome == Denied && e.Tier == TierBlocked:
		advise("blocked")
	case e.Outcome == Denied:
		advise("refused")
	case narrowed:
		advise("narrowed")
	}
	for _, r := range e.Reasons {
		switch {
		case r.Reason == ReasonUnavailable:
			advise("unavailable")
		case e.Outcome != Denied: // else it is the lesser news
			advise(string(r.Effect))
		}
	}
	if e.Outcome == Approved {
		advise("approved")
	}
}

// summary is the outcome as a sentence.
func (d Decision) summary() string {
	switch {
	case d.Outcome == InReview:
		return "The application waits for a person's review."
	case d.Outcome != Approved:
		return "The application was refused."
	case d.Narrowed != nil:
		return "The application was let in, with less than it asked for."
	}
	return "The application was let in."
}

// claimedName is the name that the client gave itself.
func (d Decision) claimedName() string {
	if d.Asked.ClientName != "" {
		return d.Asked.ClientName
	}
	return d.Client.ClientName
}

// tierMeans says what a tier means, as a sentence.
var tierMeans = map[Tier]string{
	TierBlocked:    "Refused: what it claims to be was revoked or denied.",
	TierUnverified: "Nobody vouches for its name.",
	TierDomain:     "It is published by the domain that is named, or returns only to it.",
	TierSigned:     "It is published and signed by the domain that is named.",
	TierAccepted:   "The operator has accepted it.",
	TierEndorsed:   "The operator has accepted it, and a trust root vouches for its publisher.",
}

// earnedBy says what earns the lowest tier that grants a scope.
var earnedBy = map[Tier]string{
	TierBlocked:    "Nothing: no tier has it.",
	TierUnverified: "Registering again: every client may have it.",
	TierDomain:     "Publishing: a metadata document, or redirect URIs, on the publisher's own domain (tier domain).",
	TierSigned:     "Signing: a software statement by a key that the publisher's domain publishes (tier signed).",
	TierAccepted:   "The operator's acceptance (tier accepted).",
	TierEndorsed:   "A trust root that vouches for the publisher (tier endorsed).",
}

// longestTold bounds what is told: a name and a domain, with a few words.
const longestTold = 512

// first bounds a list that a stranger can make long.
func first[T any](list []T) []T {
	const most = 64
	return list[:min(len(list), most)]
}

// shown makes what a stranger wrote fit to be shown: bounded, and where a word
// has characters that cannot be shown or that change how others are, in ASCII.
func shown(s string, longest int) string {
	s = bounded(s, longest)
	for word := range strings.SplitSeq(s, " ") {
		if metadata.CheckName(word) != nil {
			quoted := strconv.QuoteToASCII(s)
			return quoted[1 : len(quoted)-1]
		}
	}
	return s
}
