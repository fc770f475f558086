package verify

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/metadata"
)

// sources are what a publisher publishes, as it was seen last.
type sources struct {
	dns      dnsEvidence
	document documentEvidence
}

// A keyClaim is what one source says of one kid.
type keyClaim struct {
	key     jose.Key
	record  metadata.KeyRecord
	live    bool // key is there and can be used
	revoked bool
	reason  metadata.Reason // why it is not live, empty where the source has none
	detail  string
}

// findKeys is the stage that finds the key which kid names: among the pins,
// the publisher's DNS set and its document, never in the statement itself.
func (r *run) findKeys(ctx context.Context) error {
	if r.parsed == nil {
		return nil
	}
	publisher, kid := r.verdict.Publisher, r.verdict.KeyID
	pinned := false
	if r.root != nil {
		if r.key, pinned = r.pinnedKey(kid); pinned {
			r.pass(CheckPinnedKey, Evidence{Source: "pinned", Name: r.root.Origin(), Thumbprint: r.key.Thumbprint()})
		}
		switch {
		case pinned:
		case r.root.AndLookup():
			r.lower(CheckPinnedKey, Failed, metadata.ReasonKeyUnknown, "not among the pinned keys")
		default:
			r.reject(CheckPinnedKey, metadata.ReasonKeyUnknown, "not among the pinned keys")
		}
		if !r.root.AndLookup() {
			r.skip(CheckDNSKey, "the publisher is pinned")
			r.skip(CheckWellknownKey, "the publisher is pinned")
			return nil
		}
	}
	if offline := r.v.cfg.Resolver == nil && r.v.cfg.Fetcher == nil; !offline && publisher.SpecialUse() && !r.v.cfg.InsecureSpecialUse {
		r.skip(CheckDNSKey, "a special-use name is not looked up")
		r.skip(CheckWellknownKey, "a special-use name is not looked up")
		if !pinned {
			r.reject(CheckSignature, metadata.ReasonPublisherUnknown, "a special-use name is not looked up")
		}
		return nil
	}
	if err := r.lookUp(ctx, publisher); err != nil {
		return err
	}
	if err := r.recall(ctx, kid); err != nil {
		return err
	}
	r.weigh(kid, pinned)
	return r.rememberEnd(ctx)
}

// recall asks the memory whether a key was there before that DNS does not show now,
// where the one who says so could be anybody.
func (r *run) recall(ctx context.Context, kid string) error {
	if r.v.cfg.Memory == nil || !r.sources.dns.mayHide(r.sources.dns.claim(kid, r.verdict.Publisher)) {
		return nil
	}
	var err error
	if r.sightings, err = r.v.cfg.Memory.See(ctx, r.verdict.Publisher, nil, r.v.cfg.Now().UTC()); err != nil {
		return fmt.Errorf("remembering the keys of %s: %w", r.verdict.Publisher, err)
	}
	return nil
}

// rememberEnd tells the memory what the publisher revokes: that outlives the
// record that says so.
func (r *run) rememberEnd(ctx context.Context) error {
	if r.v.cfg.Memory == nil || len(r.ended) == 0 {
		return nil
	}
	if _, err := r.v.cfg.Memory.End(ctx, r.verdict.Publisher, r.ended, r.v.cfg.Now().UTC()); err != nil {
		return fmt.Errorf("remembering what %s revokes: %w", r.verdict.Publisher, err)
	}
	return nil
}

// pinnedKey returns the key with the kid among the publisher's pins. Roots are
// made of no keys but those of internal/jose.
func (r *run) pinnedKey(kid string) (key jose.Key, ok bool) {
	pin, _ := r.root.Key(kid)
	key, ok = pin.(jose.Key)
	return key, ok
}

// lookUp asks DNS and document side by side.
func (r *run) lookUp(ctx context.Context, p metadata.Publisher) error {
	r.fetches++
	var g errgroup.Group
	g.Go(func() (err error) {
		r.sources.dns, err = r.v.lookUpDNS(ctx, p)
		return err
	})
	g.Go(func() (err error) {
		r.sources.document, err = r.v.lookUpPublisher(ctx, p)
		return err
	})
	return g.Wait()
}

// weigh chooses the key. Dead anywhere is dead everywhere, pins included.
func (r *run) weigh(kid string, pinned bool) {
	dns, doc := r.sources.dns.claim(kid, r.verdict.Publisher), r.sources.document.claim(kid)
	r.findDead(dns, doc)
	r.reportDNS(dns, doc)
	r.reportDocument(dns, doc)
	if r.stopped() {
		return
	}
	switch {
	case r.sources.dns.state == sourceBogus:
		r.suspend(CheckSignature, metadata.ReasonDNSBogus, r.sources.dns.detail)
	case dns.live && doc.live && dns.key.Thumbprint() != doc.key.Thumbprint():
		if r.sources.dns.strong() {
			r.reject(CheckSignature, metadata.ReasonKeysDisagree, "DNS and document have different keys under this kid")
		} else {
			r.suspend(CheckSignature, metadata.ReasonDNSUnavailable, "the document contradicts an uncorroborated DNS answer")
		}
	case pinned:
	case dns.reason == metadata.ReasonKeyUnusable && doc.live && r.sources.dns.strong():
		r.reject(CheckSignature, metadata.ReasonKeyUnusable, "the document has it too, and DNS is authoritative")
	case dns.live:
		r.key, r.record = dns.key, dns.record
	case doc.live:
		r.key = doc.key
	default:
		r.noKey(dns, doc)
	}
	r.findEnd(dns, doc)
}

// findEnd notes the end that another source has for the key that was found, unless
// somebody could have forged that.
func (r *run) findEnd(dns, doc keyClaim) {
	if dns.live && r.sources.dns.strong() && dns.key.Thumbprint() == r.key.Thumbprint() {
		r.keyEnd = earlier(r.keyEnd, dns.key.NotAfter())
	}
	if doc.live && doc.key.Thumbprint() == r.key.Thumbprint() {
		r.keyEnd = earlier(r.keyEnd, doc.key.NotAfter())
	}
}

// earlier returns the earlier of two ends in Unix seconds, of which zero is none.
func earlier(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// findDead rejects for a key that its publisher has ended. It is dead for good only
// where nobody can have forged that: that a document lacks a key ends none.
func (r *run) findDead(dns, doc keyClaim) {
	if r.sources.document.state == sourceExposed {
		r.reject(CheckWellknownKey, metadata.ReasonKeyExposed, "the publisher document holds a private key")
	}
	if doc.revoked {
		r.reject(CheckWellknownKey, metadata.ReasonKeyRevoked, "the publisher document says that the key is revoked")
	}
	strong := r.sources.dns.strong()
	if strong {
		r.ended = r.sources.dns.revoked(r.verdict.Publisher)
	}
	switch {
	case !dns.revoked:
	case strong || r.sources.document.state == sourceFound && !doc.live:
		r.reject(CheckDNSKey, metadata.ReasonKeyRevoked, "the key record is empty (p=)")
	default:
		// Nobody but the publisher can end a key: until a second source agrees, it
		// earns nothing new and loses nothing.
		r.suspend(CheckDNSKey, metadata.ReasonDNSUnavailable, "the key record is empty (p=), and nothing corroborates it")
	}
}

// contradictsPin reports whether a source has another key than the one that is
// pinned under the kid, which alone verifies.
func (r *run) contradictsPin(c keyClaim) bool {
	pinned := r.key.Thumbprint()
	return c.live && pinned != "" && c.key.Thumbprint() != pinned
}

func (r *run) reportDNS(dns, doc keyClaim) {
	e := &r.sources.dns
	switch e.state {
	case sourceNotAsked:
		r.skip(CheckDNSKey, "nothing is looked up")
	case sourceUnavailable:
		r.lower(CheckDNSKey, Unavailable, metadata.ReasonDNSUnavailable, e.detail)
	case sourceBogus:
		r.lower(CheckDNSKey, Unavailable, metadata.ReasonDNSBogus, e.detail)
	case sourceFound:
		switch {
		case dns.revoked: // findDead has said so
		case r.contradictsPin(dns):
			r.lower(CheckDNSKey, Failed, metadata.ReasonKeysDisagree, "another key under this kid than is pinned")
		case dns.live:
			r.until(e.until)
			r.pass(CheckDNSKey, e.evidence(dns))
		case dns.reason == metadata.ReasonKeyUnknown && doc.live:
			r.lower(CheckDNSKey, Failed, metadata.ReasonKeyNotInDNS, dns.detail)
		default:
			r.lower(CheckDNSKey, Failed, dns.reason, dns.detail)
		}
	default:
		if e.wildcard {
			r.lower(CheckDNSKey, Failed, metadata.ReasonDomainRecordWildcard, "the records at "+e.name.KeyRecordName()+" come from a wildcard")
			return
		}
		r.lower(CheckDNSKey, Failed, metadata.ReasonDomainRecordMissing, "no key record at "+r.verdict.Publisher.KeyRecordName())
	}
}

func (r *run) reportDocument(dns, doc keyClaim) {
	e := &r.sources.document
	switch e.state {
	case sourceNotAsked:
		r.skip(CheckWellknownKey, "nothing is looked up")
	case sourceAbsent:
		r.lower(CheckWellknownKey, Failed, metadata.ReasonWellknownMissing, e.detail)
	case sourceUnusable:
		r.lower(CheckWellknownKey, Failed, metadata.ReasonWellknownMismatch, e.detail)
	case sourceExposed: // findDead has said so
	case sourceFound:
		switch {
		case doc.revoked: // findDead has said so
		case !doc.live:
			r.lower(CheckWellknownKey, Failed, doc.reason, doc.detail)
		case r.contradictsPin(doc):
			r.lower(CheckWellknownKey, Failed, metadata.ReasonWellknownMismatch, "another key under this kid than is pinned")
		case dns.live && dns.key.Thumbprint() != doc.key.Thumbprint():
			r.lower(CheckWellknownKey, Failed, metadata.ReasonWellknownMismatch, "another key under this kid than in DNS")
		case dns.live || r.sources.dns.silent():
			r.until(e.until)
			r.pass(CheckWellknownKey, e.evidence(r.verdict.Publisher, doc))
		case r.sources.dns.state == sourceFound:
			r.lower(CheckWellknownKey, Failed, metadata.ReasonKeyNotInDNS, "DNS is authoritative and has no such key")
		default:
			r.lower(CheckWellknownKey, Unavailable, metadata.ReasonDNSUnavailable, "whether DNS ends this key is not known")
		}
	default:
		r.lower(CheckWellknownKey, Unavailable, metadata.ReasonDocumentUnavailable, e.detail)
	}
}

// noKey says why the signature cannot be checked: for want of an answer, or of
// a key.
func (r *run) noKey(dns, doc keyClaim) {
	dnsState, docState := r.sources.dns.state, r.sources.document.state
	noDNS := dnsState == sourceUnavailable || dnsState == sourceNotAsked
	noDocument := docState == sourceUnavailable || docState == sourceNotAsked || docState == sourceRefused
	switch {
	case docState != sourceFound && r.sources.dns.mayHide(dns) && wasSeen(r.sightings, r.verdict.KeyID):
		r.suspend(CheckSignature, metadata.ReasonDNSUnavailable, "the key was published before, and nothing corroborates that it is gone")
	case noDNS && noDocument:
		r.suspend(CheckSignature, metadata.ReasonKeysUnavailable, "neither DNS nor document could be read")
	case dns.reason == metadata.ReasonDomainRecordMalformed || dns.reason == metadata.ReasonKeyUnusable ||
		doc.reason == metadata.ReasonKeyUnusable:
		r.reject(CheckSignature, metadata.ReasonKeyUnusable, "the key with this kid cannot be used")
	case noDNS:
		r.suspend(CheckSignature, metadata.ReasonDNSUnavailable, r.sources.dns.detail)
	case dnsState == sourceFound:
		r.reject(CheckSignature, metadata.ReasonKeyUnknown, "no key record has this kid")
	case noDocument:
		r.suspend(CheckSignature, metadata.ReasonDocumentUnavailable, r.sources.document.detail)
	case docState == sourceFound:
		r.reject(CheckSignature, metadata.ReasonKeyUnknown, "the publisher document has no such key")
	default:
		r.reject(CheckSignature, metadata.ReasonPublisherUnknown, "neither key records nor a publisher document")
	}
}

// silent reports whether DNS leaves the keys to the publisher document: it was
// not asked, or holds no well-formed record.
func (e *dnsEvidence) silent() bool {
	return e.state == sourceNotAsked || e.state == sourceAbsent || e.state == sourceFound && len(e.set.Keys) == 0
}

// revoked returns the names that the set revokes for a publisher.
func (e *dnsEvidence) revoked(p metadata.Publisher) []string {
	var kids []string
	for _, record := range e.set.Keys {
		if e.claim(record.KeyID, p).revoked {
			kids = append(kids, record.KeyID)
		}
	}
	return kids
}

// strong reports whether an answer may introduce or end a key by itself: the
// weakest link decides, down from the exact host.
func (e *dnsEvidence) strong() bool {
	return !e.hidden && (e.answer.Secure || e.answer.Corroborated)
}

// mayHide reports whether the key with the kid may be there all the same: nobody
// vouches that it is not.
func (e *dnsEvidence) mayHide(c keyClaim) bool {
	return (e.state == sourceAbsent || e.state == sourceFound) && !c.live && !c.revoked && !e.strong()
}

// claim is what the DNS set says of a kid.
func (e *dnsEvidence) claim(kid string, p metadata.Publisher) keyClaim {
	if e.state != sourceFound {
		return keyClaim{}
	}
	record, err := e.set.Find(kid)
	switch {
	case err != nil:
		return keyClaim{reason: metadata.ReasonDomainRecordMalformed, detail: err.Error()}
	case record.KeyID == "":
		return keyClaim{reason: metadata.ReasonKeyUnknown, detail: "no key record at " + e.name.KeyRecordName() + " has this kid"}
	case e.name != p && !record.Subdomains:
		return keyClaim{reason: metadata.ReasonKeyUnknown, detail: "the key of " + e.name.Domain() + " does not speak for hosts below it (s=y)"}
	case record.Revoked():
		return keyClaim{record: record, revoked: true, reason: metadata.ReasonKeyRevoked}
	case record.Instances:
		return keyClaim{reason: metadata.ReasonKeyUnusable, detail: "the key signs instance statements only (u=i)"}
	}
	key, err := jose.FromRecord(record)
	if err != nil {
		return keyClaim{reason: metadata.ReasonKeyUnusable, detail: err.Error()}
	}
	return keyClaim{key: key, record: record, live: true}
}

// claim is what the publisher document says of a kid.
func (e *documentEvidence) claim(kid string) keyClaim {
	if e.state != sourceFound {
		return keyClaim{}
	}
	for _, key := range e.keys {
		if key.ID() == kid {
			return keyClaim{key: key, live: true}
		}
	}
	var c keyClaim
	for _, problem := range e.problems {
		if problem.KeyID == kid && !c.revoked {
			c = keyClaim{revoked: problem.Err.Member == "revoked", reason: metadata.ReasonKeyUnusable, detail: problem.Err.Error()}
		}
	}
	if c.reason != "" {
		return c
	}
	return keyClaim{reason: metadata.ReasonKeyUnknown, detail: "the publisher document has no key with this kid"}
}
