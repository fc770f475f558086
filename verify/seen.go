package verify

import (
	"cmp"

	"github.com/fc28f635/countersign/metadata"
)

// showSeen gives each finding that did not pass what its check had seen: who
// answered, for which name and when. It tells a publisher a record that is wrong
// from one that has not arrived.
func (r *run) showSeen() {
	for i := range r.verdict.Findings {
		f := &r.verdict.Findings[i]
		if (f.Status == Failed || f.Status == Unavailable) && f.Evidence == (Evidence{}) {
			f.Evidence = r.saw(f.Check)
		}
	}
}

// saw returns what a check had before it. It is zero for those that look at what
// was presented and at nothing else.
func (r *run) saw(c Check) Evidence {
	publisher, kid := r.verdict.Publisher, r.verdict.KeyID
	switch c {
	case CheckDNSKey, CheckDNSStrength:
		if e := &r.sources.dns; e.state != sourceNotAsked {
			return e.evidence(e.claim(kid, publisher))
		}
	case CheckWellknownKey:
		if e := &r.sources.document; e.state != sourceNotAsked {
			return e.evidence(publisher, e.claim(kid))
		}
	case CheckMetadataDocument, CheckPossession:
		return r.fetched[c]
	case CheckSignature:
		if thumbprint := r.key.Thumbprint(); thumbprint != "" {
			return Evidence{Source: "statement", Thumbprint: thumbprint}
		}
	default: // what was presented is all that it looks at
	}
	return Evidence{}
}

// sawFetched notes what a fetch for a check came to.
func (r *run) sawFetched(c Check, state sourceState, seen Evidence) {
	if state == sourceNotAsked {
		return
	}
	if r.fetched == nil {
		r.fetched = make(map[Check]Evidence, 2)
	}
	r.fetched[c] = seen
}

// evidence is what was seen in DNS, and what the deciding name says of a key.
func (e *dnsEvidence) evidence(c keyClaim) Evidence {
	seen := Evidence{Source: "dns", Server: e.answer.Server, Name: cmp.Or(e.answer.Name, e.name.KeyRecordName()),
		SeenAt: e.seenAt, ValidUntil: e.until, Thumbprint: c.key.Thumbprint()}
	if c.record.KeyID != "" {
		seen.Record = c.record.String()
	}
	return seen
}

// evidence is what was seen at the publisher's well-known address.
func (e *documentEvidence) evidence(p metadata.Publisher, c keyClaim) Evidence {
	return Evidence{Source: sourceHTTPS, Server: e.server, Name: p.PublisherDocumentURL(),
		SeenAt: e.seenAt, ValidUntil: e.until, Thumbprint: c.key.Thumbprint()}
}

// evidence is what was seen at the address of a metadata document.
func (e *metadataEvidence) evidence(url string) Evidence {
	seen := Evidence{Source: e.source, Server: e.server, Name: url, SeenAt: e.seenAt, ValidUntil: e.until}
	if seen.Source == "" { // there was no document to have one
		seen.Source = sourceHTTPS
	}
	return seen
}

// evidence is what was seen at a client's jwks_uri.
func (e *keySetEvidence) evidence(url string) Evidence {
	return Evidence{Source: "jwks_uri", Server: e.server, Name: url, SeenAt: e.seenAt, ValidUntil: e.until}
}
