package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/metadata"
)

// checkProvenance is the last stage: who stands behind the effective client,
// and how well that is known. What is missing here lowers trust; only the
// publisher's own no rejects.
func (r *run) checkProvenance(ctx context.Context) error {
	if r.statement != nil {
		if err := r.remember(ctx); err != nil {
			return err
		}
		if err := r.checkAlive(ctx); err != nil {
			return err
		}
		r.checkListed()
		if err := r.checkRollback(ctx); err != nil || r.stopped() {
			return err
		}
		r.checkStrength()
		r.checkLine()
	}
	coverage, reach, err := r.checkCoverage(ctx)
	if err != nil || r.stopped() {
		return err
	}
	if err := r.checkPossession(ctx, coverage); err != nil || r.stopped() {
		return err
	}
	r.verdict.Binding = max(r.verdict.Binding, reach.binding)
	r.checkName()
	r.dropForeignAddresses(reach)
	return r.rememberIssued(ctx)
}

// checkListed asks the publisher document whether it still stands by the
// statement. One that is not there refuses nothing.
func (r *run) checkListed() {
	e, s := &r.sources.document, r.statement
	listed, notBefore := e.document.Lists(s.Client.SoftwareID, s.Client.ClientID)
	switch {
	case !listed:
		r.reject(CheckWellknownKey, metadata.ReasonSoftwareNotListed, "the publisher document lists its clients, and not this one")
	case s.IssuedAt < notBefore:
		r.reject(CheckWellknownKey, metadata.ReasonStatementRevoked, "the publisher document accepts statements from "+clock(notBefore))
	case slices.Contains(e.document.Revoked, s.ID):
		r.reject(CheckWellknownKey, metadata.ReasonStatementRevoked, "the publisher document names its jti as revoked")
	}
}

// checkStrength judges how much the DNS answer that has the key is worth.
func (r *run) checkStrength() {
	dns, _ := r.verdict.Finding(CheckDNSKey)
	e := &r.sources.dns
	switch {
	case dns.Status != Passed:
		r.skip(CheckDNSStrength, "no key in DNS")
	case r.sources.corroborate(r.key):
		r.pass(CheckDNSStrength, Evidence{Source: "dns", Server: e.answer.Server, Name: e.answer.Name, SeenAt: e.seenAt, ValidUntil: e.until})
	default:
		r.lower(CheckDNSStrength, Failed, metadata.ReasonDNSUncorroborated, "an insecure answer that no second source confirms")
	}
}

// remember tells the memory what is published, as far as that may introduce keys,
// and asks it what it knows.
func (r *run) remember(ctx context.Context) error {
	if r.v.cfg.Memory == nil {
		return nil
	}
	publisher := r.verdict.Publisher
	published := r.sources.published(publisher)
	r.seen = slices.ContainsFunc(published, func(k PublishedKey) bool { return k.Thumbprint == r.key.Thumbprint() })
	if !r.seen || r.verdict.Passed(CheckPinnedKey) {
		published = nil
	}
	var err error
	if r.sightings, err = r.v.cfg.Memory.See(ctx, publisher, published, r.v.cfg.Now().UTC()); err != nil {
		return fmt.Errorf("remembering the keys of %s: %w", publisher, err)
	}
	return nil
}

// checkAlive rejects for a key that the publisher once revoked, whatever it
// publishes now and whoever pinned it: who takes over a domain cannot bring back a
// key that was stolen. So for a key whose private part was ever seen in public.
func (r *run) checkAlive(ctx context.Context) error {
	if at := ended(r.sightings, r.verdict.KeyID, r.key.Thumbprint()); !at.IsZero() {
		r.reject(CheckKeyLine, metadata.ReasonKeyRevoked, "the publisher revoked this key, seen on "+clock(at.Unix()))
	}
	return r.rejectExposed(ctx, CheckKeyLine, []string{r.key.Thumbprint()})
}

// checkLine holds a key that has no past together with the publisher's keys.
func (r *run) checkLine() {
	switch {
	case r.verdict.Passed(CheckPinnedKey):
		r.skip(CheckKeyLine, "the key is pinned")
		return
	case r.v.cfg.Memory == nil && r.sources.dns.answer.Secure && r.verdict.Passed(CheckDNSKey):
		r.pass(CheckKeyLine, Evidence{Source: "dns"})
		r.verdict.line.First = true // nobody else was given anything here
		return
	case r.v.cfg.Memory == nil:
		r.skip(CheckKeyLine, "nothing is remembered")
		return
	case !r.seen:
		r.skip(CheckKeyLine, "nothing corroborates that the publisher has this key")
		return
	}
	r.verdict.line = lineOf(r.sightings, r.key.Thumbprint())
	if !r.verdict.line.established(r.sightings, r.key.Thumbprint(), r.v.cfg.Now()) {
		r.lower(CheckKeyLine, Failed, metadata.ReasonKeyLineNew, "seen for less than a day beside an older key of the publisher")
		return
	}
	r.pass(CheckKeyLine, Evidence{Source: "memory", Thumbprint: r.key.Thumbprint()})
}

// published returns the keys that stand for the publisher
// now, as far as what was seen may introduce a key: those of DNS where it holds
// any, by itself or with the document's agreement, else those of the document.
func (s *sources) published(p metadata.Publisher) []PublishedKey {
	var list []PublishedKey
	add := func(key jose.Key) { list = append(list, PublishedKey{key.ID(), key.Thumbprint()}) }
	if s.document.state == sourceFound && s.dns.silent() {
		for _, key := range s.document.keys {
			add(key)
		}
	}
	for _, record := range s.dns.set.Keys {
		if c := s.dns.claim(record.KeyID, p); c.live && s.corroborate(c.key) {
			add(c.key)
		}
	}
	return list
}

// corroborate reports whether DNS may introduce a key that it has: by itself, or
// since the document has the same.
func (s *sources) corroborate(key jose.Key) bool {
	doc := s.document.claim(key.ID())
	return s.dns.strong() || doc.live && doc.key.Thumbprint() == key.Thumbprint()
}

// checkCoverage finds for whom the publisher speaks, and takes the better of
// two roads: what is stated or hosted, or where the codes go.
func (r *run) checkCoverage(ctx context.Context) (metadata.Coverage, *reach, error) {
	c := &r.verdict.client
	coverage := metadata.Coverage{Publisher: r.verdict.Publisher}
	if r.statement != nil {
		coverage.Subdomains = r.record.Subdomains
	} else if r.verdict.Passed(CheckMetadataDocument) {
		id, _ := metadata.ParseClientID(r.p.ClientID)
		coverage.Publisher = id.Publisher()
	}
	hosted := !coverage.Publisher.IsZero()
	reach := r.reach(coverage)
	if hosted && len(reach.foreign) == 1 {
		if err := r.askForeign(ctx, reach.foreign[0], &coverage); err != nil {
			return coverage, nil, err
		}
		reach = r.reach(coverage)
	}
	foreign := slices.Clone(reach.foreign)
	delivery := metadata.Coverage{Publisher: reach.delivery}
	delivered := reach.delivered && r.v.looksUp(reach.delivery) && !slices.Contains(r.v.cfg.Countersigners, reach.delivery)
	better := r.statement == nil && delivered && (!hosted || len(foreign) > 0)
	if better && (!hosted || c.UncoveredKeys(delivery) == "") {
		// The codes prove more than the document: what is shown, and who may be
		// accepted, is the host that they go to, not the one that wrote the document.
		r.withdraw(CheckMetadataDocument, "the codes go to "+reach.delivery.Domain()+", for which its host does not speak")
		coverage, foreign, hosted = delivery, nil, true
		reach = r.reach(coverage)
	}
	r.verdict.Publisher = coverage.Publisher
	if delivered {
		r.pass(CheckDelivery, Evidence{Source: "redirect_uris", Name: reach.delivery.Domain()})
	} else {
		r.skip(CheckDelivery, "the codes do not all go to one web host")
	}
	if !hosted {
		r.skip(CheckCoverage, "nobody is named who could cover anything")
		return coverage, reach, nil
	}
	if reach.keys != "" {
		r.reject(CheckCoverage, metadata.ReasonMetadataConflict, reach.keys+": on a host that the publisher does not speak for")
		return coverage, reach, nil
	}
	if r.document != nil && r.statement != nil {
		if id, err := metadata.ParseClientID(r.p.ClientID); err == nil && !coverage.Covers(id.Publisher().Domain()) {
			foreign = append(foreign, id.Publisher().Domain())
		}
	}
	foreign = append(foreign, reach.schemes...)
	if len(foreign) > 0 {
		r.lower(CheckCoverage, Failed, metadata.ReasonRedirectURIForeign, "the publisher does not speak for "+strings.Join(foreign, ", "))
		return coverage, reach, nil
	}
	if unstated := r.weaklyStated(c); len(unstated) > 0 {
		r.lower(CheckCoverage, Failed, metadata.ReasonMemberNotStated, "in the document only: "+strings.Join(unstated, ", "))
		return coverage, reach, nil
	}
	r.pass(CheckCoverage, Evidence{Source: "metadata", Name: coverage.Publisher.Domain()})
	return coverage, reach, nil
}

// weaklyStated returns the members that authenticate, redirect or name the
// client and that only its document has: they count at the document's tier. A
// key at a covered jwks_uri is evidence of its own.
func (r *run) weaklyStated(c *metadata.Client) []string {
	return slices.DeleteFunc(slices.Clone(r.unstated), func(name string) bool {
		return c.JWKSURI != "" && (name == "jwks_uri" || strings.HasPrefix(name, "token_endpoint_auth_"))
	})
}

// askForeign asks the one foreign host whether it lists the client.
func (r *run) askForeign(ctx context.Context, host string, coverage *metadata.Coverage) error {
	p, err := metadata.PublisherOf(host)
	if err != nil || !r.v.looksUp(p) {
		return nil
	}
	r.fetches++
	e, err := r.v.lookUpPublisher(ctx, p)
	if err != nil {
		return err
	}
	if e.state != sourceFound {
		return nil
	}
	clientID := r.verdict.client.ClientID
	// A software_id is its publisher's own: only the address of the document
	// says that both mean the same client.
	listed := slices.ContainsFunc(e.document.Clients, func(l metadata.ListedClient) bool {
		return clientID != "" && l.ClientID == clientID
	})
	if listed {
		coverage.Hosts = append(coverage.Hosts, host)
		r.until(e.until)
	}
	return nil
}

// usableKeys reports whether a JWK set holds a key that only its holder can use.
func usableKeys(jwks json.RawMessage) bool {
	keys, problems, err := jose.ParseKeys(jwks)
	return err == nil && len(keys) > 0 && len(problems) == 0
}

// checkName flags names and hosts that look like those of another vendor. A name
// that cannot be shown was rejected before.
func (r *run) checkName() {
	alike := r.resemblance()
	for _, detail := range [...]string{alike.name, alike.host} {
		if detail != "" {
			r.lower(CheckDisplayName, Failed, metadata.ReasonNameResemblesProtected, detail)
		}
	}
	switch {
	case alike.name != "" || alike.host != "":
	case r.verdict.client.ClientName == "":
		r.skip(CheckDisplayName, "no name")
	default:
		r.pass(CheckDisplayName, Evidence{Source: "metadata"})
	}
}

// dropForeignAddresses drops what is shown, opened or fetched on hosts that the
// publisher does not cover: it changes nothing else.
func (r *run) dropForeignAddresses(reach *reach) {
	if len(reach.hidden) == 0 {
		return
	}
	r.verdict.client, _ = r.verdict.client.Without(reach.hidden...)
	r.override(reach.hidden...)
}
