package verify

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/trustroots"
)

// Config configures a [Verifier]. The zero Config trusts no pinned key, looks
// nothing up and remembers nothing: every statement is inconclusive.
type Config struct {
	// Roots are asked first. Nil knows no publisher.
	Roots trustroots.Source

	// Resolver and Fetcher look up what publishers publish. Where both are nil,
	// publishers that are not pinned cannot be verified.
	Resolver Resolver
	Fetcher  Fetcher

	// Memory tells a publisher's new key from one with history, a withdrawn
	// document from one that is missing for a moment, and an exposed key or an old
	// statement that is back from a live one. Nil remembers nothing: the check
	// key_line is then skipped, unless the DNS answer is secure, 404 is never a
	// withdrawal, a key is exposed as long as its private part is shown, and
	// statements at one client_id are not compared.
	Memory Memory

	// Countersigners are this service and those that the deployment trusts.
	// None of them is ever a publisher.
	Countersigners []metadata.Publisher

	// Protected returns what the names and hosts of clients are compared with. It
	// is called once for each client that is judged, also by several goroutines
	// at a time, and may return another one each time: no answer by an older one
	// is kept. Where Protected is nil or returns nil, it is [metadata.Embedded].
	Protected func() *metadata.Protected

	// MaxLifetime bounds exp minus iat. Zero means 366 days; more is an error.
	MaxLifetime time.Duration

	// Leeway is the tolerated clock skew. Zero means one minute; more than five
	// minutes is an error.
	Leeway time.Duration

	// DocumentBytes bounds a metadata document. Zero means 5,120; more than
	// 65,536 is an error.
	DocumentBytes int

	// InsecureSpecialUse looks up publishers under special-use names such as
	// .example and .test, which no public client can have. For tests and
	// closed networks.
	InsecureSpecialUse bool

	// Now reports the current time. Nil means time.Now.
	Now func() time.Time

	// Logger receives one event per verification. Nil discards.
	Logger *slog.Logger

	// Observer is told what happens, for metrics. The zero Observer is not.
	Observer Observer
}

// A Verifier verifies what clients present. It is safe for concurrent use, and
// remembers what it looked up for as long as the formats allow.
type Verifier struct {
	cfg        Config
	statements *statementCache
	dns        *evidenceCache[dnsEvidence]
	publishers *evidenceCache[documentEvidence]
	documents  *evidenceCache[metadataEvidence]
	keySets    *evidenceCache[keySetEvidence]
	showings   *showings
	denials    *lru.Cache[metadata.Publisher, metadata.PublisherDocument] // what each publisher's last document refuses
}

// New returns a Verifier, or an error that names the field of cfg at fault.
func New(cfg Config) (*Verifier, error) {
	const (
		mostLeeway     = 5 * time.Minute
		keptStatements = 4096
	)
	switch {
	case cfg.MaxLifetime < 0 || cfg.MaxLifetime > limits.StatementLifetime:
		return nil, errors.New("field MaxLifetime is not within 366 days")
	case cfg.Leeway < 0 || cfg.Leeway > mostLeeway:
		return nil, errors.New("field Leeway is not within five minutes")
	case cfg.DocumentBytes < 0 || cfg.DocumentBytes > limits.DocumentBytesMax:
		return nil, errors.New("field DocumentBytes is not within 65536")
	}
	cfg.MaxLifetime = cmp.Or(cfg.MaxLifetime, limits.StatementLifetime)
	cfg.Leeway = cmp.Or(cfg.Leeway, limits.Leeway)
	cfg.DocumentBytes = cmp.Or(cfg.DocumentBytes, limits.DocumentBytes)
	if cfg.Protected == nil {
		cfg.Protected = metadata.Embedded
	}
	if cfg.Now == nil {
		cfg.Now = time.Now //nolint:forbidigo // the default of the injected clock
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Verifier{
		showings:   newShowings(),
		cfg:        cfg,
		statements: newStatementCache(keptStatements, cfg.Observer.look(CacheStatements)),
		dns:        newEvidenceCache[dnsEvidence](limits.CachedPublishers, cfg.Observer.look(CacheDNS)),
		publishers: newEvidenceCache[documentEvidence](limits.CachedPublishers, cfg.Observer.look(CachePublishers)),
		documents:  newEvidenceCache[metadataEvidence](limits.CachedPublishers, cfg.Observer.look(CacheDocuments)),
		keySets:    newEvidenceCache[keySetEvidence](limits.CachedPublishers, cfg.Observer.look(CacheKeySets)),
		denials:    newLRU[metadata.Publisher, metadata.PublisherDocument](limits.CachedPublishers),
	}, nil
}

// A Presentation is what a client brought: a metadata document's address, or
// else the members of a registration, or else a statement alone. The zero
// Presentation is an empty statement.
type Presentation struct {
	// Statement is a software statement alone, in JWS compact serialization
	// (RFC 7591, Section 2.3). With ClientID it is a copy of the document's
	// statement, for the case that the document cannot be fetched.
	Statement string

	// ClientID is the address of a metadata document.
	ClientID string

	// Client are the members of a registration request, its software_statement
	// among them. Nil where there was no registration request.
	Client *metadata.Client

	// Audience is the issuer identifier of the authorization server that the
	// client registers at. Empty means that none is known.
	Audience string

	// RedirectURI is the one in use, where the caller knows it.
	RedirectURI string

	// At is the instant to judge at. Zero means now.
	At time.Time

	// Scopes says which scopes include others: what is asked for and what is
	// stated meet in it. Zero means that none does.
	Scopes metadata.Hierarchy

	// WithoutStatement judges the client as if it had brought no statement.
	WithoutStatement bool

	// DryRun has the memory remember nothing of the statement: what nobody relies
	// on makes no later statement a step back.
	DryRun bool
}

// Verify finds out what the presentation proves.
//
// A nil error does not mean that anything is good: read [Verdict.Outcome]. An
// error means that the verification itself could not be carried out, because
// ctx was done or the memory failed, and says nothing about the client.
func (v *Verifier) Verify(ctx context.Context, p Presentation) (*Verdict, error) {
	at := p.At
	if at.IsZero() {
		at = v.cfg.Now()
	}
	at = at.UTC().Truncate(time.Second)
	r := &run{v: v, p: p, at: at, verdict: &Verdict{At: at}}
	r.open()
	for _, stage := range stages {
		if r.stopped() {
			break
		}
		if err := v.carryOut(ctx, stage, r); err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil && r.verdict.Outcome == Inconclusive {
		return nil, err
	}
	r.close()
	if v.cfg.Logger.Enabled(ctx, slog.LevelDebug) {
		v.cfg.Logger.LogAttrs(ctx, slog.LevelDebug, "verified",
			slog.String("outcome", r.verdict.Outcome.String()), slog.String("reason", string(r.verdict.reason)),
			slog.String("publisher", r.verdict.Publisher.String()), slog.String("statement", r.verdict.Digest))
	}
	return r.verdict, nil
}

// A stage is a part of a verification.
type stage struct {
	name Stage
	run  func(*run, context.Context) error
}

// stages run in this order, each only if those before it passed.
var stages = []stage{
	{StageDocument, (*run).loadDocument},
	{StageForm, (*run).checkForm},
	{StageKeys, (*run).findKeys},
	{StageSignature, (*run).checkSignature},
	{StageTimes, (*run).checkTimes},
	{StageMetadata, (*run).checkMetadata},
	{StageProvenance, (*run).checkProvenance},
}
