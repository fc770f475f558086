package issuer

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// ErrNotReplayable says that the record of a decision has not all that another
// policy would decide on.
var ErrNotReplayable = errors.New("the record does not say what the decision was made on")

// Replay decides again, by this policy, on what a recorded decision was made on:
// what was found of the client then, and what people had said of it. The result
// has no id, no signature, and is for comparing. From where a client came is not
// recorded: a rule on networks holds for nobody.
//
// The error wraps [ErrNotReplayable] where the record lacks what this policy would
// judge: one that was denied by its policy before records had that, and a client
// whose statement had ended, where this policy judges it without.
func (p *Policy) Replay(d Decision) (Decision, error) {
	in := Input{ClientID: d.Asked.ClientID, Standing: d.standing(), AuthorizationServer: d.AuthorizationServer, Resource: d.Asked.Resource}
	r := verify.Recollection{At: d.At, Publisher: d.Asked.Publisher, Digest: d.Statement, Findings: d.Findings}
	switch denied := d.Outcome == Denied; {
	case d.Before != nil && d.Before.Reason != "":
		r.Reason = d.Before.Reason
	case d.Before != nil && d.Before.Client != nil:
		r.Outcome, r.Client, r.Binding = verify.Verified, *d.Before.Client, d.Before.Binding
	case !denied:
		r.Outcome, r.Client, r.Binding = verify.Verified, d.before(), d.Binding
	case d.Hold != nil: // denies under every policy
		r.Reason = d.Reason
	case slices.Contains(unexplained, d.Reason) && !d.finds(d.Reason):
		return Decision{}, fmt.Errorf("denied for %s: %w", d.Reason, ErrNotReplayable)
	default:
		r.Reason = d.Reason
	}
	if ended := d.IgnoredStatement; ended != nil && p.judges(ended) {
		r = verify.Recollection{At: d.At, Reason: metadata.ReasonStatementExpired, Publisher: ended.Publisher, Digest: ended.Statement, Findings: ended.Findings}
	} else if ended != nil {
		in.Ignored = verify.Recall(verify.Recollection{At: d.At, Publisher: ended.Publisher})
	}
	if r.Outcome == verify.Verified {
		r.Lifetime, r.Shape = d.Before.lifetime(), d.Shape
		if r.Shape == "" {
			r.Shape = metadata.ShapeOf(r.Client)
		}
	}
	in.Verdict = verify.Recall(r)
	if ignores(in.Verdict, p) != nil {
		return Decision{}, fmt.Errorf("what the client is without its statement: %w", ErrNotReplayable)
	}
	in.Claimed = in.Verdict.Claimed()
	if d.Mode == ModeObserve { // is recorded as it was claimed
		in.Claimed = d.Client
	} else if beyond := slices.Concat(d.Before.notStated(), d.notStated()); len(beyond) > 0 {
		in.Claimed.Scope = strings.TrimSpace(in.Claimed.Scope + " " + strings.Join(beyond, " "))
	}
	again := p.Decide(in)
	again.IgnoredStatement, again.Asked, again.ID = d.IgnoredStatement, d.Asked, d.ID
	return again, nil
}

// unexplained are the reasons for which policies denied before records had a
// [Before].
var unexplained = []metadata.Reason{metadata.ReasonStatementLifetimeTooLong, metadata.ReasonGrantForbidden, metadata.ReasonScopeEmpty}

// finds reports whether a finding gave a reason.
func (d Decision) finds(reason metadata.Reason) bool {
	return slices.ContainsFunc(d.Findings, func(f verify.Finding) bool { return f.Reason == reason && f.Status != verify.Passed })
}

// judges reports whether a client is judged with a statement that was ignored.
func (p *Policy) judges(s *IgnoredStatement) bool {
	return s.Why == string(metadata.ReasonStatementExpired) && p.refuseExpired
}

// standing rebuilds what people had said of a client, as far as it came to
// anything: what covered the client then covers it again.
func (d Decision) standing() (s Standing) {
	b := d.Before
	if b == nil {
		b = &Before{}
	}
	shape := metadata.ShapeSubject(d.Shape)
	note := d.Acceptance
	if note != nil && note.Pending != "" {
		note = nil
	}
	switch {
	case d.Hold != nil:
		s.Exceptions = []Exception{{Subject: d.Hold.Subject, Actor: d.Hold.Actor, At: d.At, Until: d.Hold.Until}}
	case note == nil && b.Acceptance != nil:
		s.Acceptances = []Acceptance{*b.Acceptance}
	case note != nil && note.By != ByException:
		a := Acceptance{Publisher: d.Asked.Publisher, Shape: d.Shape, By: note.By, Actor: note.Actor, At: d.At, Until: note.Until}
		if b.ByShape {
			a.Publisher = metadata.Publisher{}
		}
		s.Acceptances = []Acceptance{a}
	case note != nil:
		id, _ := metadata.ParseClientID(d.Asked.ClientID)
		subjects := []metadata.Subject{metadata.PublisherSubject(d.Asked.Publisher), metadata.ClientSubject(id)}
		if b.ByShape {
			subjects = []metadata.Subject{shape}
		}
		for _, subject := range subjects {
			s.Exceptions = append(s.Exceptions, Exception{Subject: subject, Tier: d.Tier, Actor: note.Actor, At: d.At, Until: note.Until})
		}
	}
	if b.Allowance != nil {
		s.Exceptions = append(s.Exceptions, *b.Allowance)
	}
	return s
}
