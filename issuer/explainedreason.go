package issuer

import (
	"slices"

	"github.com/fc28f635/countersign/docs"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// An ExplainedReason is one reason of a decision, with what each party can do.
type ExplainedReason struct {
	// Reason is ReasonUnavailable in place of those that the public is not told
	// apart.
	Reason metadata.Reason `json:"reason"`
	Effect Effect          `json:"effect"`

	Sentence    string `json:"sentence"`
	Means       string `json:"means"`
	DoesNotMean string `json:"does_not_mean,omitempty"`

	Publisher string `json:"publisher"` // the client developer too
	Operator  string `json:"operator"`
}

// An Effect is what a reason did to a decision.
type Effect string

// The effects of reasons.
const (
	EffectRefused  Effect = "refused"  // the outcome is denied
	EffectNarrowed Effect = "narrowed" // a check did not pass, which may have cost a tier
	EffectFlagged  Effect = "flagged"  // nothing; a person should know
	EffectWaiting  Effect = "waiting"  // a person is asked
)

// ReasonUnavailable is told to the public in place of address_refused,
// dns_unavailable, dns_bogus and document_unavailable: which of them it was says
// what a service can reach. It is no reason of a decision.
const ReasonUnavailable metadata.Reason = "unavailable"

// ReasonTestMode is told where a statement was ignored because its publisher
// marks the key as one for tests. It is no reason of a decision.
const ReasonTestMode metadata.Reason = ignoredInTestMode

// explainReasons lists each reason once: that of the outcome, then the flags,
// then what did not pass. Of a refusal only what failed is its cause.
func (d Decision) explainReasons() []ExplainedReason {
	list := []ExplainedReason{}
	add := func(reason metadata.Reason, effect Effect) {
		told := publicReason(reason)
		if reason == "" || slices.ContainsFunc(list, func(r ExplainedReason) bool { return r.Reason == told }) {
			return
		}
		list = append(list, explainReason(told, effect))
	}
	if d.Outcome == InReview || d.Acceptance != nil && d.Acceptance.Pending != "" {
		add(metadata.ReasonReviewPending, EffectWaiting)
	}
	add(d.Reason, EffectRefused)
	for _, flag := range d.Flags {
		if flag != d.Reason {
			add(flag, EffectFlagged)
		}
	}
	for _, f := range d.Findings {
		switch {
		case f.Status == verify.Passed, d.Outcome == Denied && f.Status == verify.Skipped:
		case d.Outcome == Denied && f.Status == verify.Failed:
			add(f.Reason, EffectRefused)
		default:
			add(f.Reason, EffectNarrowed)
		}
	}
	if d.IgnoredStatement != nil {
		add(metadata.Reason(d.IgnoredStatement.Why), EffectNarrowed)
	}
	return list
}

// publicReason is the reason as the public is told it.
func publicReason(r metadata.Reason) metadata.Reason {
	if slices.Contains(notToldApart, r) {
		return ReasonUnavailable
	}
	return r
}

var notToldApart = []metadata.Reason{metadata.ReasonAddressRefused, metadata.ReasonDNSUnavailable,
	metadata.ReasonDNSBogus, metadata.ReasonDocumentUnavailable}

// explainReason explains a reason as the public is told it.
func explainReason(r metadata.Reason, effect Effect) ExplainedReason {
	e := ExplainedReason{Reason: r, Effect: effect}
	if special, ok := onlyTold[r]; ok {
		e.Sentence, e.Means = special.sentence, docs.Everybody(special.title)
		e.Publisher, e.Operator = docs.Everybody(special.title+", to the publisher"), docs.Everybody(special.title+", to the operator")
		return e
	}
	page, _ := docs.ReasonPage(string(r))
	e.Sentence, e.Means, e.DoesNotMean = r.Problem().Sentence, page.Means, page.DoesNotMean
	e.Publisher, e.Operator = page.Mend.Publisher, page.Mend.Operator
	if e.Publisher == "" {
		e.Publisher = docs.Everybody("Publisher")
	}
	if e.Operator == "" {
		e.Operator = docs.Everybody("Operator")
	}
	return e
}

// onlyTold are the words that are told in place of a reason, and where
// docs/reasons.md explains them.
var onlyTold = map[metadata.Reason]struct{ title, sentence string }{
	ReasonUnavailable: {"Unavailable", "A check could not be made."},
	ReasonTestMode:    {"Test mode", "The publisher marks the statement's key as one for tests."},
}
