package verify

import (
	"context"
	"slices"

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
		r.verdict.client, r.verdict.merged = withoutServerMembers(r.plain.WithDefaults(), r.road)
		r.checkInUse()
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
		r.checkInUse()
		return nil
	}
	merged, err := metadata.MergeWith(r.plain, s.Client, r.road, r.p.Scopes)
	if err == nil {
		err = merged.Client.Check()
	}
	if err != nil {
		r.defects(err, r.ruleCheck)
		return nil
	}
	r.verdict.client, r.verdict.merged = merged.Client, merged.Overridden
	r.unstated = merged.Unstated
	r.checkInUse()
	return nil
}

// checkInUse holds the redirect URI that the caller names against those of the
// effective client: what is judged by it must be the client's, and is all that
// is effective of them. The shape is of all of them.
func (r *run) checkInUse() {
	if !r.alone() {
		r.verdict.shape = metadata.ShapeOf(r.verdict.client)
	}
	if r.p.RedirectURI == "" {
		r.pass(CheckRedirectURIs, Evidence{})
		return
	}
	used, err := metadata.ParseRedirectURI(r.p.RedirectURI)
	if err != nil {
		r.reject(CheckRedirectURIs, metadata.ReasonRedirectURIMalformed, "the redirect URI in use: "+err.Error())
		return
	}
	c := &r.verdict.client
	own := slices.Index(c.RedirectURIs, r.p.RedirectURI) // for servers that compare ports
	if own < 0 {
		own = slices.IndexFunc(c.RedirectURIs, func(s string) bool { // loopback, on another port
			stated, _ := metadata.ParseRedirectURI(s)
			return stated.Matches(used)
		})
	}
	if own < 0 {
		r.reject(CheckRedirectURIs, metadata.ReasonRedirectURINotStated, "the redirect URI in use is none of the client's")
		return
	}
	if len(c.RedirectURIs) > 1 {
		c.RedirectURIs = []string{c.RedirectURIs[own]}
		r.override("redirect_uris")
	}
	r.pass(CheckRedirectURIs, Evidence{})
}

// override lists a plain member that did not come through.
func (r *run) override(names ...string) {
	list := append(slices.Clone(r.verdict.merged), names...)
	slices.Sort(list)
	r.verdict.merged = slices.Compact(list)
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
		return r.sameDocument(ctx, stated)
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
// to give, and names those that were there, sorted. A client_id is the client's own in
// a metadata document only.
func withoutServerMembers(c metadata.Client, road metadata.Road) (metadata.Client, []string) {
	names := []string{"client_id", "client_id_issued_at", "client_secret", "client_secret_expires_at",
		"registration_access_token", "registration_client_uri"}
	if road != metadata.RoadRegistration {
		names = names[1:]
	}
	return c.Without(names...)
}
