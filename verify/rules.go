package verify

import (
	"context"

	"github.com/fc28f635/countersign/metadata"
)

// checkMetadata applies the rules for what is stated and what is plain, and
// makes the effective client of both.
func (r *run) checkMetadata(ctx context.Context) error {
	if r.statement == nil {
		if err := r.plain.Check(); err != nil {
			r.defects(err, r.ruleCheck)
			return nil
		}
		r.verdict.client, r.verdict.merged = withoutServerMembers(r.plain.WithDefaults())
		r.pass(CheckRedirectURIs, Evidence{})
		return nil
	}
	s := r.statement
	if r.parsed.ruleErr != nil {
		r.defects(r.parsed.ruleErr, r.ruleCheck)
	}
	if s.Audience != "" && s.Audience != r.p.Audience {
		r.reject(CheckForm, metadata.ReasonAudienceMismatch, "aud is another authorization server, or none is known")
	}
	if err := r.checkClientID(ctx); err != nil || r.stopped() {
		return err
	}
	if r.alone() {
		r.verdict.client = r.parsed.client
		r.pass(CheckRedirectURIs, Evidence{})
		return nil
	}
	merged, err := metadata.Merge(r.plain, s.Client, r.road)
	if err == nil {
		err = merged.Client.Check()
	}
	if err != nil {
		r.defects(err, r.ruleCheck)
		return nil
	}
	r.verdict.client, r.verdict.merged = merged.Client, merged.Overridden
	r.unstated = merged.Unstated
	r.pass(CheckRedirectURIs, Evidence{})
	return nil
}

// checkClientID holds the client_id of a statement against where it was found.
func (r *run) checkClientID(ctx context.Context) error {
	stated := r.statement.Client.ClientID
	switch {
	case r.road == metadata.RoadDocument && stated == "":
		r.reject(CheckMetadataDocument, metadata.ReasonClaimMissing, "client_id: required in a metadata document")
	case r.road == metadata.RoadDocument && stated != r.p.ClientID:
		r.reject(CheckMetadataDocument, metadata.ReasonClientIDMismatch, "the statement is for another metadata document")
	case r.road == metadata.RoadRegistration && stated != "" && !r.alone() && !r.stopped():
		_, err := r.sameDocument(ctx, stated)
		return err
	}
	return nil
}

// ruleCheck names the check to which a defect of the metadata belongs.
func (r *run) ruleCheck(reason metadata.Reason) Check {
	switch {
	case reason == metadata.ReasonRedirectURIMalformed || reason == metadata.ReasonRedirectURINotStated:
		return CheckRedirectURIs
	case reason == metadata.ReasonNameUnprintable:
		return CheckDisplayName
	case r.road == metadata.RoadDocument:
		return CheckMetadataDocument
	}
	return CheckForm
}

// withoutServerMembers drops the members that are the authorization server's
// to give, and names those that were there.
func withoutServerMembers(c metadata.Client) (metadata.Client, []string) {
	return c.Without("client_secret", "client_secret_expires_at", "client_id_issued_at",
		"registration_access_token", "registration_client_uri")
}
