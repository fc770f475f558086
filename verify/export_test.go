package verify

import (
	"context"
	"slices"
	"strings"

	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/metadata"
)

// A WrongStage is a mistake that an implementation of this package could make:
// one stage does not do what it should.
type WrongStage struct {
	Name  string
	stage string
	wrong func(r *run, ctx context.Context, right stageFunc) error
}

type stageFunc = func(*run, context.Context) error

// WrongStages are mistakes that the suite must notice.
var WrongStages = []WrongStage{
	{"unavailable counted as passed", "findKeys", func(r *run, ctx context.Context, right stageFunc) error {
		err := right(r, ctx)
		for i := range r.verdict.Findings {
			if f := &r.verdict.Findings[i]; f.Status == Unavailable {
				*f = Finding{Check: f.Check, Status: Passed}
			}
		}
		if r.verdict.Outcome == Inconclusive {
			r.verdict.Outcome, r.stopReason = Verified, ""
		}
		return err
	}},
	{"unavailable document passed over", "loadDocument", func(r *run, ctx context.Context, right stageFunc) error {
		err := right(r, ctx)
		if r.verdict.Outcome == Inconclusive {
			r.verdict.Outcome, r.stopReason = Verified, ""
		}
		return err
	}},
	{"payload before signature", "checkSignature", func(r *run, _ context.Context, _ stageFunc) error {
		if r.parsed != nil {
			r.trustUnchecked()
			r.pass(CheckSignature, Evidence{})
		}
		return nil
	}},
	{"remembered without having verified", "checkSignature", func(r *run, ctx context.Context, right stageFunc) error {
		if r.parsed != nil {
			r.trustUnchecked()
			r.verified = r.key.Thumbprint()
		}
		return right(r, ctx)
	}},
	{"pin ignores death", "findKeys", func(r *run, ctx context.Context, right stageFunc) error {
		err := right(r, ctx)
		if r.root == nil || r.stopReason != metadata.ReasonKeyRevoked {
			return err
		}
		if key, ok := r.pinnedKey(r.verdict.KeyID); ok {
			r.key = key
			r.verdict.Outcome, r.stopReason = Verified, ""
		}
		return err
	}},
	{"document revives what DNS revoked", "findKeys", func(r *run, ctx context.Context, right stageFunc) error {
		err := right(r, ctx)
		if doc := r.sources.document.claim(r.verdict.KeyID); r.stopReason == metadata.ReasonKeyRevoked && doc.live {
			r.key = doc.key
			r.verdict.Outcome, r.stopReason = Verified, ""
		}
		return err
	}},
	{"key that the statement brings", "findKeys", func(r *run, ctx context.Context, right stageFunc) error {
		err := right(r, ctx)
		if r.parsed == nil {
			return err
		}
		if keys, _, parseErr := jose.ParseKeys(r.parsed.statement.Client.JWKS); parseErr == nil && len(keys) > 0 {
			r.key = keys[0]
		}
		return err
	}},
	{"any key of the publisher", "findKeys", func(r *run, ctx context.Context, right stageFunc) error {
		err := right(r, ctx)
		if r.stopReason != metadata.ReasonKeyUnknown {
			return err
		}
		for _, record := range r.sources.dns.set.Keys {
			if c := r.sources.dns.claim(record.KeyID, r.verdict.Publisher); c.live {
				r.key = c.key
			}
		}
		for _, key := range r.sources.document.keys {
			r.key = key
		}
		r.verdict.Outcome, r.stopReason = Verified, ""
		return err
	}},
	{"document's key though DNS is authoritative", "findKeys", func(r *run, ctx context.Context, right stageFunc) error {
		err := right(r, ctx)
		for i := range r.verdict.Findings {
			if f := &r.verdict.Findings[i]; f.Check == CheckWellknownKey && f.Reason == metadata.ReasonKeyNotInDNS {
				*f = Finding{Check: f.Check, Status: Passed}
			}
		}
		return err
	}},
	{"times compared with no clock", "checkTimes", func(r *run, _ context.Context, _ stageFunc) error {
		if r.statement != nil {
			r.pass(CheckTimes, Evidence{})
		}
		return nil
	}},
	{"metadata not merged", "checkMetadata", func(r *run, ctx context.Context, right stageFunc) error {
		if r.statement == nil {
			return right(r, ctx)
		}
		r.verdict.client = r.plain.WithDefaults()
		r.pass(CheckRedirectURIs, Evidence{})
		return nil
	}},
	{"everything is covered", "checkProvenance", func(r *run, ctx context.Context, right stageFunc) error {
		err := right(r, ctx)
		for i := range r.verdict.Findings {
			if f := &r.verdict.Findings[i]; f.Check == CheckCoverage && f.Status == Failed {
				*f = Finding{Check: f.Check, Status: Passed}
			}
		}
		r.verdict.Outcome, r.stopReason = Verified, ""
		return err
	}},
	{"every answer of DNS is strong", "checkProvenance", func(r *run, ctx context.Context, right stageFunc) error {
		r.sources.dns.answer.Corroborated = true
		return right(r, ctx)
	}},
	{"every key is of the line", "checkProvenance", func(r *run, ctx context.Context, right stageFunc) error {
		err := right(r, ctx)
		for i := range r.verdict.Findings {
			if f := &r.verdict.Findings[i]; f.Check == CheckKeyLine && f.Status == Failed {
				*f = Finding{Check: f.Check, Status: Passed}
			}
		}
		return err
	}},
}

// trustUnchecked takes the claims of a statement for good.
func (r *run) trustUnchecked() {
	r.statement = &r.parsed.statement
	r.parsed.evaluate()
}

// Install puts the wrong stage in place of the right one, until restore. The
// caller runs nothing else meanwhile.
func (w WrongStage) Install() (restore func()) {
	i := slices.Index(stageNames, w.stage)
	right := stages[i].run
	stages[i].run = func(r *run, ctx context.Context) error { return w.wrong(r, ctx, right) }
	return func() { stages[i].run = right }
}

// stageNames are the names of the stages, in their order.
var stageNames = strings.Fields("loadDocument checkForm findKeys checkSignature checkTimes checkMetadata checkProvenance")

// CountStages returns how many stages there are, and how many have names here.
func CountStages() (have, named int) { return len(stages), len(stageNames) }

// CountSignatures has a verifier call count before each signature check.
func CountSignatures(v *Verifier, count func()) {
	right := v.statements.check
	v.statements.check = func(p *parsedStatement, k jose.Key) error {
		count()
		return right(p, k)
	}
}

// FailSignatures has each signature check of a verifier fail with err.
func FailSignatures(v *Verifier, err error) {
	v.statements.check = func(*parsedStatement, jose.Key) error { return err }
}

// CountDenials returns of how many publishers a verifier remembers whom they refuse.
func CountDenials(v *Verifier) int { return v.denials.Len() }
