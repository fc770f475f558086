package verify

import (
	"context"
	"errors"
	"log/slog"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
)

// A sourceState is what a look-up came to. Everything but found and absent is
// no answer.
type sourceState uint8

const (
	sourceNotAsked sourceState = iota
	sourceFound
	sourceAbsent      // a complete answer says that there is nothing
	sourceUnusable    // an answer that is no evidence, such as a page of HTML
	sourceUnavailable // no answer
	sourceBogus       // an answer that failed validation
	sourceExposed     // an answer with a private key in it
	sourceRefused     // an address that we never ask
	sourceWithdrawn   // 410 Gone, or missing for a while
)

// dnsEvidence is what the walk over a publisher's key record names found.
type dnsEvidence struct {
	state    sourceState
	set      metadata.KeySet
	name     metadata.Publisher // the deciding name
	answer   Answer
	detail   string
	wildcard bool
	hidden   bool // that nearer names hold nothing is neither secure nor corroborated
	seenAt   time.Time
	until    time.Time
}

// documentEvidence is what a publisher serves at its well-known address.
type documentEvidence struct {
	state sourceState

	// document is what was served, or where nothing was served now, what was
	// served last: who is refused by it stays refused during an outage. It then
	// vouches for nobody.
	document metadata.PublisherDocument

	keys     []jose.Key
	problems []jose.KeyProblem
	server   string
	detail   string
	seenAt   time.Time
	until    time.Time
}

// metadataEvidence is what a client_id URL serves.
type metadataEvidence struct {
	state    sourceState
	document metadata.Document
	defects  error  // with sourceUnusable
	source   string // "https", or whose copy it is
	server   string
	detail   string
	seenAt   time.Time
	until    time.Time
}

// live reports whether the document is what its address served, and no copy.
func (e *metadataEvidence) live() bool { return e.state == sourceFound && e.source == sourceHTTPS }

const sourceHTTPS = "https"

// An evidenceCache remembers what was looked up until it ends, and lets one
// look-up of a key be under way at a time. Failed look-ups are remembered too,
// for [limits.NegativeTTL]: nobody can make us ask more often.
type evidenceCache[T any] struct {
	entries *lru.Cache[string, cached[T]]
	flights singleflight.Group
	looked  func(hit bool)
}

type cached[T any] struct {
	value T
	until time.Time
}

func newEvidenceCache[T any](size int, looked func(hit bool)) *evidenceCache[T] {
	return &evidenceCache[T]{entries: newLRU[string, cached[T]](size), looked: looked}
}

// newLRU returns an empty cache. It panics for a size that is not positive.
func newLRU[K comparable, V any](size int) *lru.Cache[K, V] {
	cache, err := lru.New[K, V](size)
	if err != nil {
		panic("verify: " + err.Error())
	}
	return cache
}

// get returns the value for name, from memory or by look. The look-up goes on
// for others when ctx is done; it bounds itself by its own deadline.
func (c *evidenceCache[T]) get(ctx context.Context, name string, now func() time.Time, look func(context.Context) (T, time.Time)) (T, error) {
	entry, ok := c.entries.Get(name)
	hit := ok && now().Before(entry.until)
	c.looked(hit)
	if hit {
		return entry.value, nil
	}
	flight := c.flights.DoChan(name, func() (any, error) {
		if entry, ok := c.entries.Get(name); ok && now().Before(entry.until) {
			return entry.value, nil // a flight ended between the look above and this one
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limits.DNSTimeout+limits.FetchTimeout)
		defer cancel()
		meter(ctx)
		value, until := look(ctx)
		c.entries.Add(name, cached[T]{value, until})
		return value, nil
	})
	select {
	case result := <-flight:
		return result.Val.(T), nil
	case <-ctx.Done():
		var zero T
		return zero, ctx.Err()
	}
}

// looksUp reports whether anything under the publisher's name can be known: a
// special-use name is nobody's, unless this network says otherwise.
func (v *Verifier) looksUp(p metadata.Publisher) bool {
	return !p.SpecialUse() || v.cfg.InsecureSpecialUse
}

// lookUpDNS walks the publisher's key record names.
func (v *Verifier) lookUpDNS(ctx context.Context, p metadata.Publisher) (dnsEvidence, error) {
	if v.cfg.Resolver == nil {
		return dnsEvidence{state: sourceNotAsked}, nil
	}
	return v.dns.get(ctx, p.Domain(), v.cfg.Now, func(ctx context.Context) (dnsEvidence, time.Time) {
		e := v.walk(withQuestions(ctx), p)
		e.seenAt = v.cfg.Now().UTC().Truncate(time.Second)
		ttl := limits.NegativeTTL
		if e.state == sourceFound {
			ttl = min(max(e.answer.TTL, limits.EvidenceTTLMin), limits.EvidenceTTLMax, limits.EvidenceFresh)
		}
		e.until = e.seenAt.Add(ttl)
		return e, e.until
	})
}

// walk asks the exact host and then its parents. The nearest name that holds
// any key record decides; a name that cannot be resolved ends the walk.
func (v *Verifier) walk(ctx context.Context, p metadata.Publisher) dnsEvidence {
	e := dnsEvidence{state: sourceAbsent, name: p}
	for i, name := range p.Walk() {
		answer, err := v.lookupTXT(ctx, name.KeyRecordName())
		none := errors.Is(err, ErrNoRecord)
		switch {
		case errors.Is(err, ErrBogus):
			return dnsEvidence{state: sourceBogus, name: name, answer: answer, detail: err.Error()}
		case err != nil && !none:
			return dnsEvidence{state: sourceUnavailable, name: name, answer: answer, detail: err.Error()}
		}
		set := metadata.ParseKeySet(answer.Texts)
		if none || !set.Holds() {
			if i == 0 { // where a publisher looks for what is missing
				e.answer = answer
			}
			e.hidden = e.hidden || !answer.Secure && !answer.Corroborated
			continue
		}
		if answer.Wildcard {
			e.wildcard, e.name, e.answer = true, name, answer
			return e
		}
		return dnsEvidence{state: sourceFound, set: set, name: name, answer: answer, hidden: e.hidden}
	}
	return e
}

// lookUpPublisher fetches the publisher document.
func (v *Verifier) lookUpPublisher(ctx context.Context, p metadata.Publisher) (documentEvidence, error) {
	if v.cfg.Fetcher == nil {
		return documentEvidence{state: sourceNotAsked}, nil
	}
	if metadata.SharedByPath(p.Domain()) {
		return documentEvidence{state: sourceAbsent, detail: "the host serves many tenants by path: what it serves proves nothing of it"}, nil
	}
	return v.publishers.get(ctx, p.Domain(), v.cfg.Now, func(ctx context.Context) (documentEvidence, time.Time) {
		e := v.fetchPublisher(ctx, p)
		e.seenAt = v.cfg.Now().UTC().Truncate(time.Second)
		return e, e.until
	})
}

func (v *Verifier) fetchPublisher(ctx context.Context, p metadata.Publisher) documentEvidence {
	until := v.cfg.Now().UTC().Add(limits.NegativeTTL)
	resource, err := v.fetchDocument(ctx, p.PublisherDocumentURL(), limits.DocumentBytesMax)
	if err != nil {
		state, detail, server := fetchState(err)
		if state == sourceWithdrawn {
			state = sourceAbsent
		}
		e := documentEvidence{state: state, detail: detail, server: server, until: until}
		if state == sourceAbsent {
			v.denials.Remove(p)
		}
		e.document, _ = v.denials.Get(p)
		return e
	}
	e := documentEvidence{server: resource.Server, until: until}
	e.document, err = metadata.ParsePublisherDocument(resource.Body, p)
	if err == nil {
		e.keys, e.problems, err = jose.ParseKeyList(e.document.Keys)
	}
	if err != nil {
		e.document, _ = v.denials.Get(p)
		e.state, e.detail = sourceUnusable, err.Error()
		for _, d := range reasonErrors(err) {
			if d.Reason == metadata.ReasonKeyExposed {
				e.state = sourceExposed
			}
		}
		return e
	}
	v.denials.Remove(p)
	if e.document.Clients != nil || len(e.document.Revoked) > 0 {
		v.denials.Add(p, metadata.PublisherDocument{Publisher: p, Clients: e.document.Clients, Revoked: e.document.Revoked})
	}
	e.state = sourceFound
	e.until = v.cfg.Now().UTC().Add(min(max(resource.Fresh, limits.EvidenceTTLMin), limits.EvidenceFresh))
	return e
}

// lookUpMetadata fetches a metadata document. Errors and invalid documents are
// remembered only as long as nobody may make us ask again (draft-ietf-oauth-
// client-id-metadata-document-02, Section 5.2 forbids caching them as answers).
func (v *Verifier) lookUpMetadata(ctx context.Context, id metadata.ClientID) (metadataEvidence, error) {
	if v.cfg.Fetcher == nil {
		return metadataEvidence{state: sourceNotAsked}, nil
	}
	return v.documents.get(ctx, id.String(), v.cfg.Now, func(ctx context.Context) (metadataEvidence, time.Time) {
		e := v.fetchMetadata(ctx, id)
		e.seenAt = v.cfg.Now().UTC().Truncate(time.Second)
		return e, e.until
	})
}

func (v *Verifier) fetchMetadata(ctx context.Context, id metadata.ClientID) metadataEvidence {
	const longest = 24 * time.Hour
	now := v.cfg.Now().UTC()
	resource, err := v.fetchDocument(ctx, id.String(), v.cfg.DocumentBytes)
	if err != nil {
		state, detail, server := fetchState(err)
		e := metadataEvidence{state: state, detail: detail, server: server, until: now.Add(limits.NegativeTTL)}
		if state == sourceAbsent {
			e.state, e.detail = v.missing(ctx, id, now, detail)
		}
		return e
	}
	if v.cfg.Memory != nil && resource.PinnedBy == "" {
		if err := v.cfg.Memory.Found(ctx, id); err != nil {
			v.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "remembering a document failed", slog.String("error", err.Error()))
		}
	}
	document, err := metadata.ParseDocument(resource.Body, id)
	if err != nil {
		return metadataEvidence{state: sourceUnusable, defects: err, server: resource.Server, until: now.Add(limits.NegativeTTL)}
	}
	e := metadataEvidence{state: sourceFound, document: document, source: sourceHTTPS, server: resource.Server,
		until: now.Add(min(max(resource.Fresh, limits.EvidenceTTLMin), longest))}
	if resource.PinnedBy != "" {
		e.source = "pinned by " + resource.PinnedBy + " until " + resource.PinnedUntil.UTC().Format(time.RFC3339)
		e.until = now.Add(limits.NegativeTTL) // then the address is asked again
		if resource.PinnedUntil.Before(e.until) {
			e.until = resource.PinnedUntil
		}
	}
	return e
}

// missing says what a 404 means: the document is withdrawn where it was missing
// ten minutes ago already, and has not been found since.
func (v *Verifier) missing(ctx context.Context, id metadata.ClientID, now time.Time, detail string) (sourceState, string) {
	if v.cfg.Memory == nil {
		return sourceUnavailable, detail
	}
	since, err := v.cfg.Memory.Missing(ctx, id, now)
	switch {
	case err != nil:
		v.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "remembering a missing document failed", slog.String("error", err.Error()))
		return sourceUnavailable, detail
	case now.Sub(since) < limits.DocumentAbsence:
		return sourceUnavailable, detail + "; it counts as withdrawn where it is missing at " + clock(since.Add(limits.DocumentAbsence).Unix())
	}
	return sourceWithdrawn, detail + "; it is missing since " + clock(since.Unix())
}

// fetchState tells apart what a failed fetch means.
func fetchState(err error) (state sourceState, detail, server string) {
	var failed *FetchError
	if !errors.As(err, &failed) {
		return sourceUnavailable, err.Error(), ""
	}
	const (
		notFound = 404
		gone     = 410
	)
	switch {
	case failed.Refused:
		state = sourceRefused
	case failed.Status == gone:
		state = sourceWithdrawn
	case failed.Status == notFound:
		state = sourceAbsent
	case failed.Unusable:
		state = sourceUnusable
	default:
		state = sourceUnavailable
	}
	return state, failed.Error(), failed.Server
}
