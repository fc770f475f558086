package verify

import (
	"context"
	"time"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
)

// checkSignature checks the statement with the one key that was found. From
// here on its claims may be used, and nothing else of it.
func (r *run) checkSignature(context.Context) error {
	if r.parsed == nil {
		return nil
	}
	if r.verified == "" || r.verified != r.key.Thumbprint() {
		if err := r.v.statements.verify(r.raw, r.parsed, r.key); err != nil {
			r.defects(err, func(metadata.Reason) Check { return CheckSignature })
			return nil
		}
	}
	r.statement = &r.parsed.statement
	r.pass(CheckSignature, Evidence{Source: "statement", Thumbprint: r.key.Thumbprint()})
	return nil
}

// checkTimes compares times as integers against the one instant.
func (r *run) checkTimes(context.Context) error {
	if r.statement == nil {
		return nil
	}
	s, now := r.statement, r.at.Unix()
	leeway := int64(r.v.cfg.Leeway / time.Second)
	before := len(r.verdict.Findings)
	if s.IssuedAt > now+leeway {
		r.reject(CheckTimes, metadata.ReasonStatementNotYetValid, "iat is "+clock(s.IssuedAt))
	}
	if s.NotBefore > now+leeway {
		r.reject(CheckTimes, metadata.ReasonStatementNotYetValid, "nbf is "+clock(s.NotBefore))
	}
	if now >= s.ExpiresAt+leeway {
		r.reject(CheckTimes, metadata.ReasonStatementExpired, "exp was "+clock(s.ExpiresAt))
	}
	if s.ExpiresAt-s.IssuedAt > int64(r.v.cfg.MaxLifetime/time.Second) {
		r.reject(CheckTimes, metadata.ReasonStatementLifetimeTooLong, "more than "+r.v.cfg.MaxLifetime.String()+" from iat to exp")
	}
	end := earlier(r.key.NotAfter(), r.keyEnd)
	if end != 0 && now >= end {
		r.reject(CheckTimes, metadata.ReasonKeyNotValidThen, "the key ended (x) at "+clock(end))
	}
	if start := r.record.NotBefore; s.IssuedAt < start { // zero is before all
		r.reject(CheckTimes, metadata.ReasonKeyNotValidThen, "the key verifies statements (n) from "+clock(start))
	}
	if len(r.verdict.Findings) > before {
		return nil
	}
	if end != 0 {
		r.until(time.Unix(end, 0))
	}
	f := Finding{Check: CheckTimes, Status: Passed,
		Evidence: Evidence{Source: "statement", ValidUntil: time.Unix(s.ExpiresAt, 0).UTC()}}
	if s.ExpiresAt-now < int64(limits.ExpiresSoon/time.Second) {
		f.Reason, f.Detail = metadata.ReasonStatementExpiresSoon, "exp is "+clock(s.ExpiresAt)
	}
	r.add(f)
	return nil
}

func clock(t int64) string { return time.Unix(t, 0).UTC().Format(time.RFC3339) }
