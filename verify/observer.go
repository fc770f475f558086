package verify

import (
	"context"
	"errors"
	"time"
)

// An Observer is told what a [Verifier] does, for metrics. A nil function is not
// called, and costs nothing; the zero Observer is told nothing. The functions are
// called from several goroutines, perhaps after Verify has returned, and must not
// block. None of them is told what a stranger wrote: their arguments come from
// closed sets, and numbers.
type Observer struct {
	// Stage is called when a stage of a verification has ended. Stages after
	// one that stopped the verification do not run.
	Stage func(s Stage, took time.Duration)

	// Cache is called for each look into what is remembered. Who waits for a
	// look-up that is under way already had no hit.
	Cache func(c Cache, hit bool)

	// Lookup is called when the [Resolver] or the [Fetcher] has answered.
	Lookup func(Lookup)
}

// A Stage is a part of a verification.
type Stage string

// The stages, in the order in which they run.
const (
	StageDocument   Stage = "document"   // fetch and read the metadata document
	StageForm       Stage = "form"       // the bytes of the statement
	StageKeys       Stage = "keys"       // find the key: pins, DNS, publisher document
	StageSignature  Stage = "signature"  // verify
	StageTimes      Stage = "times"      // of statement and key
	StageMetadata   Stage = "metadata"   // the rules for clients, and precedence
	StageProvenance Stage = "provenance" // coverage, strength of DNS, history of keys, names
)

// Stages returns all stages.
func Stages() []Stage {
	list := make([]Stage, len(stages))
	for i, s := range stages {
		list[i] = s.name
	}
	return list
}

// A Cache is one of the things that a Verifier remembers.
type Cache string

// The caches.
const (
	CacheStatements Cache = "statements"          // bytes that verified, by statement
	CacheDNS        Cache = "dns"                 // key records, by publisher
	CachePublishers Cache = "publisher_documents" // by publisher
	CacheDocuments  Cache = "metadata_documents"  // by client_id
	CacheKeySets    Cache = "key_sets"            // of clients, by jwks_uri
)

// Caches returns all caches.
func Caches() []Cache {
	return []Cache{CacheStatements, CacheDNS, CachePublishers, CacheDocuments, CacheKeySets}
}

// Cached returns how many entries a cache holds, ended ones too.
func (v *Verifier) Cached(c Cache) int {
	switch c {
	case CacheStatements:
		return v.statements.entries.Len()
	case CacheDNS:
		return v.dns.entries.Len()
	case CachePublishers:
		return v.publishers.entries.Len()
	case CacheDocuments:
		return v.documents.entries.Len()
	case CacheKeySets:
		return v.keySets.entries.Len()
	}
	return 0
}

// A Lookup is one question to the network, and what came of it.
type Lookup struct {
	Over   LookupOver
	Result LookupResult
	Took   time.Duration
	Bytes  int // of the document; zero over DNS, and where none was had
}

// A LookupOver is how something was looked up.
type LookupOver string

// What look-ups go over.
const (
	OverDNS   LookupOver = "dns"   // TXT records of one name, with all that the Resolver asks for it
	OverHTTPS LookupOver = "https" // one document, with the look-up of its host's addresses
)

// A LookupResult is the class of an answer.
type LookupResult string

// The classes of answers.
const (
	LookupFound       LookupResult = "found"
	LookupAbsent      LookupResult = "absent"      // a complete answer says that there is nothing
	LookupBogus       LookupResult = "bogus"       // DNSSEC validation failed
	LookupUnusable    LookupResult = "unusable"    // an answer that is no document
	LookupRefused     LookupResult = "refused"     // an address that we never dial
	LookupUnavailable LookupResult = "unavailable" // no answer
)

// LookupResults returns the classes that come over DNS, or over HTTPS.
func LookupResults(over LookupOver) []LookupResult {
	if over == OverDNS {
		return []LookupResult{LookupFound, LookupAbsent, LookupBogus, LookupUnavailable}
	}
	return []LookupResult{LookupFound, LookupAbsent, LookupUnusable, LookupRefused, LookupUnavailable}
}

// carryOut runs a stage.
func (v *Verifier) carryOut(ctx context.Context, s stage, r *run) error {
	observe := v.cfg.Observer.Stage
	if observe == nil {
		return s.run(r, ctx)
	}
	start := v.cfg.Now()
	err := s.run(r, ctx)
	observe(s.name, v.cfg.Now().Sub(start))
	return err
}

// look returns what is told of each look into a cache.
func (o Observer) look(c Cache) func(hit bool) {
	if o.Cache == nil {
		return func(bool) {}
	}
	return func(hit bool) { o.Cache(c, hit) }
}

// lookupTXT asks the resolver.
func (v *Verifier) lookupTXT(ctx context.Context, name string) (Answer, error) {
	observe := v.cfg.Observer.Lookup
	if observe == nil {
		return v.cfg.Resolver.LookupTXT(ctx, name)
	}
	start := v.cfg.Now()
	answer, err := v.cfg.Resolver.LookupTXT(ctx, name)
	l := Lookup{Over: OverDNS, Result: LookupFound, Took: v.cfg.Now().Sub(start)}
	switch {
	case errors.Is(err, ErrNoRecord):
		l.Result = LookupAbsent
	case errors.Is(err, ErrBogus):
		l.Result = LookupBogus
	case err != nil:
		l.Result = LookupUnavailable
	}
	observe(l)
	return answer, err
}

// fetch asks the fetcher.
func (v *Verifier) fetch(ctx context.Context, url string, limit int) (Resource, error) {
	observe := v.cfg.Observer.Lookup
	if observe == nil {
		return v.cfg.Fetcher.Fetch(ctx, url, limit)
	}
	start := v.cfg.Now()
	resource, err := v.cfg.Fetcher.Fetch(ctx, url, limit)
	l := Lookup{Over: OverHTTPS, Result: LookupFound, Took: v.cfg.Now().Sub(start), Bytes: len(resource.Body)}
	if err != nil {
		l.Result = LookupUnavailable
		switch state, _, _ := fetchState(err); state {
		case sourceAbsent, sourceWithdrawn:
			l.Result = LookupAbsent
		case sourceUnusable:
			l.Result = LookupUnusable
		case sourceRefused:
			l.Result = LookupRefused
		default:
		}
	}
	observe(l)
	return resource, err
}
