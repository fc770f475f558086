package verify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/trustroots"
)

// A parsedStatement is everything about a statement that depends on its bytes
// alone, and what the client resembles by itself, as long as that holds.
type parsedStatement struct {
	digest    string
	compact   jose.Compact
	statement metadata.Statement
	formErr   error // metadata.Defects

	// What follows is known once the statement verified, under whatever key.
	verified sync.Once
	client   metadata.Client // the stated metadata with defaults
	ruleErr  error           // metadata.Defects of the stated metadata
	reach    reach           // of the client by itself
	alike    atomic.Pointer[resemblance]
}

func parseStatement(raw string) *parsedStatement {
	p := &parsedStatement{digest: digestOf(raw)}
	var payloadErr error
	p.compact, p.formErr = jose.Parse(raw)
	if len(p.compact.Payload) > 0 {
		p.statement, payloadErr = metadata.ParseStatement(p.compact.Payload)
		p.formErr = joinDefects(p.formErr, payloadErr)
	}
	return p
}

// evaluate finds out what the stated metadata come to. Nothing is spent on that
// for a forgery.
func (p *parsedStatement) evaluate() {
	p.verified.Do(func() {
		p.ruleErr = p.statement.Client.Check()
		p.client = p.statement.Client.WithDefaults()
		p.reach = reachOf(p.client, metadata.Coverage{Publisher: p.statement.Publisher}, "")
	})
}

// digestOf names the bytes of a statement in verdicts and logs.
func digestOf(raw string) string {
	sum := sha256.Sum256([]byte(raw))
	return string(hex.AppendEncode([]byte("sha256:"), sum[:]))
}

// A statementCache keeps what the bytes of a statement alone say: it holds no
// answer that could change. A statement is kept only once it has verified, so
// that forgeries displace nothing.
type statementCache struct {
	entries *lru.Cache[string, verifiedBytes]
	looked  func(hit bool)
	check   func(*parsedStatement, jose.Key) error // the signature
}

// verifiedBytes says that a statement verifies under the key with a thumbprint,
// and nothing more. Whether that key is alive is asked every time.
type verifiedBytes struct {
	parsed     *parsedStatement
	thumbprint string
}

func newStatementCache(size int, looked func(hit bool)) *statementCache {
	check := func(p *parsedStatement, k jose.Key) error { return p.compact.Verify(k) }
	return &statementCache{entries: newLRU[string, verifiedBytes](size), looked: looked, check: check}
}

// parse returns what the statement's bytes say, and the thumbprint of the key
// under which they are known to verify, if any.
func (c *statementCache) parse(raw string) (p *parsedStatement, verified string) {
	known, ok := c.entries.Get(raw)
	c.looked(ok)
	if ok {
		return known.parsed, known.thumbprint
	}
	return parseStatement(raw), ""
}

// verify checks the signature, and remembers that it did under this very key.
func (c *statementCache) verify(raw string, p *parsedStatement, k jose.Key) error {
	if err := c.check(p, k); err != nil {
		return err
	}
	p.evaluate()
	c.entries.Add(raw, verifiedBytes{parsed: p, thumbprint: k.Thumbprint()})
	return nil
}

// checkForm is the first stage: the statement's bytes and nothing else. No
// packet leaves the host.
func (r *run) checkForm(ctx context.Context) error {
	if r.raw == "" {
		if r.alone() {
			r.reject(CheckForm, metadata.ReasonStatementMalformed, "nothing was presented")
			return nil
		}
		r.skip(CheckSignature, "no statement was presented")
		return nil
	}
	p, verified := r.v.statements.parse(r.raw)
	r.verdict.Digest = p.digest
	if p.formErr != nil {
		r.defects(p.formErr, func(metadata.Reason) Check { return CheckForm })
		return nil
	}
	s := &p.statement
	if slices.Contains(r.v.cfg.Countersigners, s.Publisher) {
		r.reject(CheckForm, metadata.ReasonPublisherIsCountersigner, "a countersigner is never a publisher")
	}
	if s.Confirmation != nil {
		if r.road == metadata.RoadDocument {
			r.reject(CheckPossession, metadata.ReasonInstanceStatementInDocument, "cnf binds it to one install")
		} else {
			r.reject(CheckPossession, metadata.ReasonPossessionUnproven, "instance statements are not accepted yet")
		}
	}
	if err := r.findRoot(ctx, s.Publisher); err != nil {
		return err
	}
	var extra []string
	if r.root != nil {
		extra = r.root.Algorithms()
	}
	if !p.compact.Header.Allowed(extra) {
		r.reject(CheckForm, metadata.ReasonAlgorithmForbidden, "algorithm "+p.compact.Header.Algorithm)
	}
	if r.stopped() {
		return nil
	}
	r.parsed, r.verified = p, verified
	r.verdict.Publisher, r.verdict.KeyID = s.Publisher, p.compact.Header.KeyID
	r.pass(CheckForm, Evidence{})
	return nil
}

// findRoot asks the trust roots for a pin. It needs no packet: sources that do
// keep copies.
func (r *run) findRoot(ctx context.Context, p metadata.Publisher) error {
	if r.v.cfg.Roots == nil {
		return nil
	}
	root, err := r.v.cfg.Roots.Root(ctx, p)
	switch {
	case err == nil:
		r.root = root
	case ctx.Err() != nil:
		return ctx.Err()
	case !errors.Is(err, trustroots.ErrUnknown):
		r.suspend(CheckTrustRoot, metadata.ReasonRootsUnavailable, err.Error())
	}
	return nil
}

// reasonErrors returns the defects in an error.
func reasonErrors(err error) []*metadata.ReasonError {
	var list metadata.Defects
	if errors.As(err, &list) {
		return list
	}
	var one *metadata.ReasonError
	if errors.As(err, &one) {
		return []*metadata.ReasonError{one}
	}
	if err == nil {
		return nil
	}
	return []*metadata.ReasonError{{Reason: metadata.ReasonServerError, Detail: err.Error()}}
}

func joinDefects(a, b error) error {
	if a == nil && b == nil {
		return nil // as nearly always, for nothing
	}
	all := append(slices.Clone(reasonErrors(a)), reasonErrors(b)...)
	if len(all) == 0 {
		return nil
	}
	return metadata.Defects(all)
}
