package verify

import (
	"context"
	"slices"

	"github.com/fc28f635/countersign/metadata"
)

// loadDocument fetches the metadata document that the client is named by
// (draft-ietf-oauth-client-id-metadata-document-02, Section 5). It runs before
// the stages of the statement, which the document may carry.
func (r *run) loadDocument(ctx context.Context) error {
	if r.p.ClientID == "" {
		return nil
	}
	r.road = metadata.RoadDocument
	id, err := metadata.ParseClientID(r.p.ClientID)
	if err != nil {
		r.defects(err, func(metadata.Reason) Check { return CheckMetadataDocument })
		return nil
	}
	if slices.Contains(r.v.cfg.Countersigners, id.Publisher()) {
		r.reject(CheckMetadataDocument, metadata.ReasonPublisherIsCountersigner, "the document would be this service's own, or another countersigner's")
		return nil
	}
	if !r.v.looksUp(id.Publisher()) {
		r.reject(CheckMetadataDocument, metadata.ReasonAddressRefused, "a special-use name")
		return nil
	}
	r.fetches++
	e, err := r.v.lookUpMetadata(ctx, id)
	if err != nil {
		return err
	}
	r.document = &e
	r.sawFetched(CheckMetadataDocument, e.state, e.evidence(id.String()))
	r.until(e.until)
	switch e.state {
	case sourceFound:
		r.takeDocument(id, &e)
	case sourceUnusable:
		if e.defects == nil {
			r.reject(CheckMetadataDocument, metadata.ReasonDocumentMalformed, e.detail)
		}
		r.defects(e.defects, func(metadata.Reason) Check { return CheckMetadataDocument })
	case sourceWithdrawn:
		r.reject(CheckMetadataDocument, metadata.ReasonDocumentWithdrawn, e.detail)
	case sourceRefused:
		r.reject(CheckMetadataDocument, metadata.ReasonAddressRefused, e.detail)
	default:
		if r.raw == "" {
			r.suspend(CheckMetadataDocument, metadata.ReasonDocumentUnavailable, e.detail)
			return nil
		}
		// The statement is at hand: it is judged, and the tier is one lower.
		r.lower(CheckMetadataDocument, Unavailable, metadata.ReasonDocumentUnavailable, e.detail)
		r.plain = metadata.Client{ClientID: id.String(), SoftwareStatement: r.raw}
	}
	return nil
}

func (r *run) takeDocument(id metadata.ClientID, e *metadataEvidence) {
	r.plain = e.document.Client
	r.verdict.claimed = r.plain
	if r.p.WithoutStatement {
		r.plain.SoftwareStatement = ""
	}
	r.raw = r.plain.SoftwareStatement
	if metadata.SharedByPath(id.Publisher().Domain()) {
		r.skip(CheckMetadataDocument, "the host serves many tenants by path: the document proves nothing of it")
		return
	}
	r.pass(CheckMetadataDocument, r.saw(CheckMetadataDocument))
}

// sameDocument rejects unless the metadata document at a URL that a statement
// names holds that statement, and suspends where it cannot be read.
func (r *run) sameDocument(ctx context.Context, url string) error {
	id, err := metadata.ParseClientID(url)
	if err != nil || !r.v.looksUp(id.Publisher()) || r.v.cfg.Fetcher == nil {
		r.reject(CheckMetadataDocument, metadata.ReasonClientIDMismatch, "the statement is for a metadata document that is not looked up here")
		return nil
	}
	r.fetches++
	e, err := r.v.lookUpMetadata(ctx, id)
	if err != nil {
		return err
	}
	r.sawFetched(CheckMetadataDocument, e.state, e.evidence(url))
	switch {
	case e.state == sourceFound && e.document.Client.SoftwareStatement == r.raw:
		r.pass(CheckMetadataDocument, r.saw(CheckMetadataDocument))
		r.until(e.until)
		r.document = &e
	case e.state == sourceUnavailable:
		r.suspend(CheckMetadataDocument, metadata.ReasonDocumentUnavailable, e.detail)
	default:
		r.reject(CheckMetadataDocument, metadata.ReasonClientIDMismatch, "the document at the statement's client_id does not hold this statement")
	}
	return nil
}
