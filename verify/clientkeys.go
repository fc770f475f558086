package verify

import (
	"context"
	"time"

	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
)

// mostFetches bounds the documents that one verification looks up. Those of the
// client's keys are the last.
const mostFetches = 3

// keySetEvidence is what a client's jwks_uri serves.
type keySetEvidence struct {
	state  sourceState
	keys   []string // thumbprints
	server string
	detail string
	seenAt time.Time
	until  time.Time
}

// checkPossession finds out whether the client proves a key of the publisher at
// every token request: one at a covered jwks_uri counts as a signature, and one
// that the statement holds binds.
func (r *run) checkPossession(ctx context.Context, coverage metadata.Coverage) error {
	c := &r.verdict.client
	if !c.AuthenticatesByKey() {
		r.skip(CheckPossession, "the client does not authenticate with a key")
		return nil
	}
	keys, _, _ := jose.ParseKeys(c.JWKS) // none, where it has no set that can be read
	if err := r.rejectExposed(ctx, CheckPossession, thumbprintsOf(keys)); err != nil || r.stopped() {
		return err
	}
	if !coverage.CoversURL(c.JWKSURI) || !r.v.looksUp(coverage.Publisher) {
		r.skip(CheckPossession, "no jwks_uri on a host of the publisher")
		if r.statement != nil && usableKeys(r.statement.Client.JWKS) {
			r.bindByKey(coverage)
		}
		return nil
	}
	if r.fetches >= mostFetches {
		r.skip(CheckPossession, "as many documents as one verification may fetch were fetched before jwks_uri")
		return nil
	}
	e, err := r.v.lookUpKeySet(ctx, c.JWKSURI)
	if err != nil {
		return err
	}
	r.sawFetched(CheckPossession, e.state, e.evidence(c.JWKSURI))
	switch e.state {
	case sourceNotAsked:
		r.skip(CheckPossession, "nothing is looked up")
	case sourceFound:
		if err := r.rejectExposed(ctx, CheckPossession, e.keys); err != nil || r.stopped() {
			return err
		}
		r.until(e.until)
		r.pass(CheckPossession, r.saw(CheckPossession))
		r.bindByKey(coverage)
	case sourceExposed:
		r.reject(CheckPossession, metadata.ReasonKeyExposed, "jwks_uri: "+e.detail)
	case sourceUnavailable:
		r.lower(CheckPossession, Unavailable, metadata.ReasonKeysUnavailable, "jwks_uri: "+e.detail)
	case sourceRefused:
		r.lower(CheckPossession, Failed, metadata.ReasonAddressRefused, "jwks_uri: "+e.detail)
	default:
		r.lower(CheckPossession, Failed, metadata.ReasonKeyUnusable, "jwks_uri: "+e.detail)
	}
	return nil
}

// bindByKey has the client bound by a key that its publisher names.
func (r *run) bindByKey(coverage metadata.Coverage) {
	r.verdict.Binding = metadata.BindingOf(r.verdict.client, coverage, r.p.RedirectURI, true)
}

// lookUpKeySet fetches the JWK set at a jwks_uri. Like every look-up it is made
// once at a time and at most once a minute, whatever it comes to: no kid that
// somebody names makes us ask again.
func (v *Verifier) lookUpKeySet(ctx context.Context, url string) (keySetEvidence, error) {
	if v.cfg.Fetcher == nil {
		return keySetEvidence{state: sourceNotAsked}, nil
	}
	return v.keySets.get(ctx, url, v.cfg.Now, func(ctx context.Context) (keySetEvidence, time.Time) {
		e := v.fetchKeySet(ctx, url)
		e.seenAt = v.cfg.Now().UTC().Truncate(time.Second)
		return e, e.until
	})
}

func (v *Verifier) fetchKeySet(ctx context.Context, url string) keySetEvidence {
	e := keySetEvidence{until: v.cfg.Now().UTC().Add(limits.NegativeTTL)}
	resource, err := v.fetchDocument(ctx, url, limits.DocumentBytesMax)
	if err != nil {
		e.state, e.detail, e.server = fetchState(err)
		return e
	}
	e.server = resource.Server
	keys, problems, err := jose.ParseKeys(resource.Body)
	switch {
	case err != nil:
		e.state, e.detail = sourceUnusable, err.Error()
		return e
	case exposes(problems):
		e.state, e.detail = sourceExposed, "the JWK set holds a private or symmetric key"
		return e
	case len(keys) == 0:
		e.state, e.detail = sourceUnusable, "no key that can be used"
		return e
	}
	e.state, e.keys = sourceFound, thumbprintsOf(keys)
	e.until = v.cfg.Now().UTC().Add(min(max(resource.Fresh, limits.EvidenceTTLMin), limits.EvidenceFresh))
	return e
}

func exposes(problems []jose.KeyProblem) bool {
	for _, p := range problems {
		if p.Err.Reason == metadata.ReasonKeyExposed {
			return true
		}
	}
	return false
}

func thumbprintsOf(keys []jose.Key) []string {
	thumbprints := make([]string, len(keys))
	for i, k := range keys {
		thumbprints[i] = k.Thumbprint()
	}
	return thumbprints
}
