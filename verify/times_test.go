package verify_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// Statement and key are judged to the second, and what is wrong with a time says
// which one it was. A time that is wrong is never right besides.
func TestTimesToTheSecond(t *testing.T) {
	now := vectortest.DrawnNow.Unix()
	const (
		leeway = int64(limits.Leeway / time.Second)
		soon   = int64(limits.ExpiresSoon / time.Second)
		life   = int64(limits.StatementLifetime / time.Second)
	)
	tag := func(name string, at int64) string { return "; " + name + "=" + strconv.FormatInt(at, 10) }
	const notThen, early = metadata.ReasonKeyNotValidThen, metadata.ReasonStatementNotYetValid
	for name, tc := range map[string]struct {
		tags          string // of the key record
		iat, nbf, exp int64
		reason        metadata.Reason // empty for passed
		detail        string          // in full
	}{
		"within all":                            {"", now - 60, 0, now + soon, "", ""},
		"a second less than soon":               {"", now - 60, 0, now + soon - 1, metadata.ReasonStatementExpiresSoon, "exp is 2026-02-14T11:59:59Z"},
		"J49 iat, the last second of leeway":    {"", now + leeway, 0, now + soon, "", ""},
		"J49 iat, past leeway":                  {"", now + leeway + 1, 0, now + soon, early, "iat is 2026-01-15T12:01:01Z"},
		"J49 nbf, the last second of leeway":    {"", now, now + leeway, now + soon, "", ""},
		"J49 nbf, past leeway":                  {"", now, now + leeway + 1, now + soon, early, "nbf is 2026-01-15T12:01:01Z"},
		"J49 exp, the last second of leeway":    {"", now - 90, 0, now - leeway + 1, metadata.ReasonStatementExpiresSoon, "exp is 2026-01-15T11:59:01Z"},
		"J49 exp, past leeway":                  {"", now - 90, 0, now - leeway, metadata.ReasonStatementExpired, "exp was 2026-01-15T11:59:00Z"},
		"J49 the longest lifetime":              {"", now - 60, 0, now - 60 + life, "", ""},
		"J49 a second longer":                   {"", now - 60, 0, now - 60 + life + 1, metadata.ReasonStatementLifetimeTooLong, "more than 8784h0m0s from iat to exp"},
		"the key ends in a second":              {tag("x", now+1), now - 60, 0, now + soon, "", ""},
		"the key ends now, with no leeway":      {tag("x", now), now - 60, 0, now + soon, notThen, "the key ended (x) at 2026-01-15T12:00:00Z"},
		"the key begins with the statement":     {tag("n", now-60), now - 60, 0, now + soon, "", ""},
		"the key begins a second later than it": {tag("n", now-59), now - 60, 0, now + soon, notThen, "the key verifies statements (n) from 2026-01-15T11:59:01Z"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, []string{"dns: secure"}, map[string]string{"dns.zone": zone(record(vectortest.Genuine) + tc.tags)}, nil)
			v := p.verify(t, verify.Presentation{Statement: statement(t, func(s *metadata.Statement) {
				s.IssuedAt, s.NotBefore, s.ExpiresAt = tc.iat, tc.nbf, tc.exp
			})})
			expected := verify.Finding{Check: verify.CheckTimes, Status: verify.Failed, Reason: tc.reason, Detail: tc.detail}
			if tc.reason == "" || tc.reason == metadata.ReasonStatementExpiresSoon {
				want(t, v, verify.Verified, "")
				expected.Status = verify.Passed
				expected.Evidence = verify.Evidence{Source: "statement", ValidUntil: time.Unix(tc.exp, 0).UTC()}
			} else {
				want(t, v, verify.Rejected, tc.reason)
			}
			got := slices.DeleteFunc(slices.Clone(v.Findings), func(f verify.Finding) bool { return f.Check != verify.CheckTimes })
			if !slices.Equal(got, []verify.Finding{expected}) {
				t.Errorf("of the times it says %+v, want %+v alone", got, expected)
			}
		})
	}
}

// Everything that is wrong with the times is said at once, and the first decides.
func TestTimesAllWrong(t *testing.T) {
	now := vectortest.DrawnNow.Unix()
	p := newPlace(t, []string{"dns: secure"}, map[string]string{"dns.zone": zone(record(vectortest.Genuine) + "; x=" + strconv.FormatInt(now-1, 10) + "; n=" + strconv.FormatInt(now, 10))}, nil)
	v := p.verify(t, verify.Presentation{Statement: statement(t, func(s *metadata.Statement) {
		s.IssuedAt, s.NotBefore, s.ExpiresAt = now-7200, now+3600, now-3600
	})})
	want(t, v, verify.Rejected, metadata.ReasonStatementNotYetValid)
	var reasons []metadata.Reason
	for _, f := range v.Findings {
		if f.Check == verify.CheckTimes {
			reasons = append(reasons, f.Reason)
		}
	}
	if all := []metadata.Reason{metadata.ReasonStatementNotYetValid, metadata.ReasonStatementExpired, metadata.ReasonKeyNotValidThen, metadata.ReasonKeyNotValidThen}; !slices.Equal(reasons, all) {
		t.Errorf("rejected for %q, want %q", reasons, all)
	}
}

// A verdict holds no longer than its key.
func TestVerdictEndsWithItsKey(t *testing.T) {
	end := vectortest.DrawnNow.Add(10 * time.Second)
	p := newPlace(t, []string{"dns: secure"}, map[string]string{"dns.zone": zone(record(vectortest.Genuine) + "; x=" + strconv.FormatInt(end.Unix(), 10))}, nil)
	v := p.verify(t, verify.Presentation{Statement: statement(t, nil)})
	want(t, v, verify.Verified, "")
	if got := v.ValidUntil(); !got.Equal(end) {
		t.Errorf("valid until %s, want %s", got, end)
	}
}

// A signature that is known to verify under the key that is alive now is not
// checked again.
func TestSignatureIsCheckedOnce(t *testing.T) {
	p := newPlace(t, []string{"dns: secure"}, liveZone, nil)
	checks := 0
	verify.CountSignatures(p.verifier, func() { checks++ })
	for range 3 {
		want(t, p.verify(t, verify.Presentation{Statement: statement(t, nil)}), verify.Verified, "")
	}
	if checks != 1 {
		t.Errorf("%d checks of one signature", checks)
	}
}
