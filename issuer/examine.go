package issuer

import (
	"context"
	"fmt"
	"time"

	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// An examined is what was found of a client.
type examined struct {
	at      time.Time
	verdict *verify.Verdict // nil where there was nothing to verify
	claims  []metadata.Subject
	ignored *IgnoredStatement
	with    *verify.Verdict // with the statement that is ignored, else nil
}

// examine verifies at the instant of start.
func (r *Registry) examine(ctx context.Context, req Request, policy *Policy, start time.Time) (e examined, err error) {
	e.at = start.UTC().Truncate(time.Second)
	if req.Defects != nil {
		return e, nil
	}
	p := verify.Presentation{ClientID: req.ClientID, Client: req.Client, Audience: r.audience(req),
		RedirectURI: req.RedirectURI, At: e.at, DryRun: req.DryRun, Scopes: policy.scopeHierarchy(req.Resource)}
	if e.verdict, err = r.cfg.Verifier.Verify(ctx, p); err != nil {
		return e, fmt.Errorf("verifying: %w", err)
	}
	e.claims = subjectsOf(req.ClientID, e.verdict.Claimed(), e.verdict) // those of a statement that is then ignored among them
	if e.ignored = ignores(e.verdict, policy); e.ignored != nil {
		p.WithoutStatement, e.with = true, e.verdict
		if e.verdict, err = r.cfg.Verifier.Verify(ctx, p); err != nil {
			return e, fmt.Errorf("verifying: %w", err)
		}
	}
	return e, nil
}

// judge decides on what was found, with what operators said of it.
func (r *Registry) judge(ctx context.Context, req Request, e examined, policy *Policy) (Decision, error) {
	if req.Defects != nil {
		d := Decision{At: e.at, Policy: policy.digest, Tier: TierUnverified, Told: "Refused", ExpiresAt: e.at,
			Asked: askedOf(req, nil), Findings: defectFindings(req.Defects)}
		return d.deny(firstReason(req.Defects)), nil
	}
	standing, err := r.cfg.Store.Standing(ctx, e.claims)
	if err != nil {
		return Decision{}, fmt.Errorf("reading what operators said: %w", err)
	}
	in := Input{Verdict: e.verdict, Ignored: e.with, Claimed: e.verdict.Claimed(), Standing: standing, ClientID: req.ClientID,
		AuthorizationServer: r.audience(req), Resource: req.Resource, Origins: originsOf(req, e.verdict, r.cfg.Locate)}
	d := policy.Decide(in)
	if d, err = r.raise(ctx, req, d); err != nil {
		return Decision{}, fmt.Errorf("reading reviews: %w", err)
	}
	d.Before = beforeOf(in, d)
	d.IgnoredStatement, d.Asked = e.ignored, askedOf(req, e.verdict)
	d.ExpiresAt = d.expiry(e.verdict)
	return d, nil
}

// ignoredInTestMode is why a statement by a key in test mode is ignored.
const ignoredInTestMode = "test_mode"

// ignores returns the statement as which an expired release statement, or one
// by a key in test mode, is reported: the client is judged without it.
func ignores(v *verify.Verdict, policy *Policy) *IgnoredStatement {
	switch {
	case v.TestMode():
		return &IgnoredStatement{Statement: v.Digest, Publisher: v.Publisher, Why: ignoredInTestMode, Findings: v.Findings}
	case v.Reason() == metadata.ReasonStatementExpired && !policy.refuseExpired:
		return &IgnoredStatement{Statement: v.Digest, Publisher: v.Publisher, Why: string(metadata.ReasonStatementExpired), Findings: v.Findings}
	}
	return nil
}
