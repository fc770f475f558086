package issuer

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/fc28f635/countersign/metadata"
)

// A Report sums up recorded decisions: which software came, and what enforcing
// comes to for it. Begin it with [NewReport], give it decisions with [Report.Add],
// and take the [Summary]. What it holds has a bound, however many they are. It is
// not safe for concurrent use.
type Report struct {
	on     ReportOn
	policy *Policy

	sum      Summary
	totals   map[total]int
	denials  map[metadata.Reason]int
	software [2]map[seen]*sighted // look-alikes are the second: neither crowds out the other
}

// ReportOn says which decisions a report is on. The zero ReportOn is on all.
type ReportOn struct {
	Resource            string
	AuthorizationServer string
}

// A Summary is what a report came to. Where a decision was only observed, its
// outcome here is what enforcing would have come to.
type Summary struct {
	Decisions int       `json:"decisions"`
	Observed  int       `json:"observed"` // of these, that were not enforced
	DryRuns   int       `json:"dry_runs"` // that are left out
	First     time.Time `json:"first,omitzero"`
	Last      time.Time `json:"last,omitzero"`

	Totals  []Total  `json:"totals"`  // by tier, the highest first, and outcome
	Denials []Denial `json:"denials"` // the most frequent reason first

	// Lookalikes are those of the software that look like somebody else's, with
	// codes that go to a place of their own first. Software is all other. Those who
	// came most often are first.
	Lookalikes []SoftwareReport `json:"lookalikes"`
	Software   []SoftwareReport `json:"software"`

	// NotToldApart are decisions on software for which there was no room: more than
	// 10,000 others came before.
	NotToldApart int `json:"not_told_apart"`

	// Vendors are worth asking to sign, those first of whose decisions most would
	// rise.
	Vendors []Vendor `json:"vendors"`
}

// A Total counts decisions of one tier and outcome.
type Total struct {
	Tier      Tier    `json:"tier"`
	Outcome   Outcome `json:"outcome"`
	Decisions int     `json:"decisions"`
}

// A Denial counts decisions that are denied, or would be, for one reason.
type Denial struct {
	Reason    metadata.Reason `json:"reason"`
	Decisions int             `json:"decisions"`
}

type total struct {
	tier    Tier
	outcome Outcome
}

// NewReport begins a report. The policy says which tools are behind a scope; nil
// knows none.
func NewReport(on ReportOn, p *Policy) *Report {
	return &Report{on: on, policy: p, totals: map[total]int{}, denials: map[metadata.Reason]int{},
		software: [2]map[seen]*sighted{{}, {}}}
}

// Add adds a recorded decision. They come in the order of time.
func (r *Report) Add(d Decision) {
	resource := cmp.Or(d.Resource, d.Asked.Resource)
	switch {
	case r.on.AuthorizationServer != "" && r.on.AuthorizationServer != d.AuthorizationServer:
		return
	case r.on.Resource != "" && (resource == "" || sameResource(r.on.Resource) != sameResource(resource)):
		return
	case d.DryRun:
		r.sum.DryRuns++
		return
	}
	if r.sum.Decisions++; r.sum.Decisions == 1 {
		r.sum.First = d.At
	}
	r.sum.Last = d.At
	if d.Mode == ModeObserve {
		r.sum.Observed++
	}
	outcome, reason, _ := d.enforced()
	r.totals[total{d.Tier, outcome}]++
	if outcome == Denied {
		r.denials[reason]++
	}
	if s := r.seen(d); s != nil {
		s.add(d, r.policy)
	} else {
		r.sum.NotToldApart++
	}
}

// enforced returns what enforcing the decision comes to.
func (d Decision) enforced() (Outcome, metadata.Reason, Grant) {
	if d.Would != nil {
		return d.Would.Outcome, d.Would.Reason, d.Would.Grant
	}
	return d.Outcome, d.Reason, d.Grant
}

// Summary returns what was added so far.
func (r *Report) Summary() Summary {
	s := r.sum
	s.Totals, s.Denials = []Total{}, []Denial{}
	for t, n := range r.totals {
		s.Totals = append(s.Totals, Total{t.tier, t.outcome, n})
	}
	slices.SortFunc(s.Totals, func(a, b Total) int {
		return cmp.Or(cmp.Compare(b.Tier, a.Tier), cmp.Compare(slices.Index(Outcomes(), a.Outcome), slices.Index(Outcomes(), b.Outcome)))
	})
	for _, reason := range slices.Sorted(maps.Keys(r.denials)) {
		s.Denials = append(s.Denials, Denial{reason, r.denials[reason]})
	}
	slices.SortStableFunc(s.Denials, func(a, b Denial) int { return cmp.Compare(b.Decisions, a.Decisions) })
	s.Software, s.Lookalikes = reports(r.software[0]), reports(r.software[1])
	slices.SortStableFunc(s.Lookalikes, func(a, b SoftwareReport) int {
		switch {
		case a.OwnRedirect == b.OwnRedirect:
			return 0
		case a.OwnRedirect:
			return -1
		}
		return 1
	})
	s.Vendors = vendors(r.software[0])
	return s
}

func reports(of map[seen]*sighted) []SoftwareReport {
	list := []SoftwareReport{}
	for _, s := range of {
		list = append(list, s.report())
	}
	slices.SortFunc(list, func(a, b SoftwareReport) int {
		return cmp.Or(cmp.Compare(b.Decisions, a.Decisions), strings.Compare(a.Publisher.Domain(), b.Publisher.Domain()),
			strings.Compare(a.ClientName, b.ClientName), strings.Compare(string(a.Shape), string(b.Shape)), strings.Compare(a.ClientID, b.ClientID))
	})
	return list
}
