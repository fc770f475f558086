package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/fc28f635/countersign/internal/dnsaddr"
	"github.com/fc28f635/countersign/internal/dnsx"
	"github.com/fc28f635/countersign/internal/fetch"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
	"github.com/fc28f635/countersign/verify/online"
)

// A target says what of a publisher is looked at. The zero target is whatever
// the publisher document names.
type target struct {
	dir string            // what publish wrote, to compare with; empty for none
	id  metadata.ClientID // zero where not known

	// believed are name servers, HOST or HOST:PORT, that the publisher takes for
	// those of the zone.
	believed []string

	// within is how soon the statement's end is a fault; zero for never.
	within time.Duration
}

// A sight is everything that was seen of a publisher.
type sight struct {
	publisher metadata.Publisher
	target    target
	at        time.Time // when it was looked at
	notes     []note
	unreached []string // what could not be asked

	owner         metadata.Publisher        // whose key records speak for the publisher; zero where none do
	set           metadata.KeySet           // the records at owner that speak for the publisher
	texts         []string                  // of the TXT records at owner
	wildcard      bool                      // set is the publisher's own, and a wildcard answered
	quoted        []string                  // at the publisher's own name: key records that begin with a quotation mark or the like
	absent        bool                      // the zones' servers said that no record speaks for the publisher
	asked         map[string]bool           // by key record name: does the zone have TXT records there
	twice         string                    // the name with the domain twice, where that holds the record
	zoneHas       map[string]serverAnswer   // by name: what the zone's servers have
	split         map[string][]serverAnswer // by name: what they say where they disagree
	resolved      map[string]resolverAnswer // by name: what a resolver said
	bogus         string                    // the name that fails validation
	apex          bool                      // the domain itself holds the record
	cut           zoneCut                   // the zone, and who serves it
	lame          bool                      // none of cut.live serves the zone
	elsewhere     string                    // a name server that is not live: it has key records, and those in cut.live have none
	alias         string                    // what the publisher's own key record name is an alias for; empty where it is none
	aliasWildcard bool                      // a wildcard made that alias

	keys     page // the publisher document
	listed   metadata.PublisherDocument
	document page // the metadata document
	local    local

	assumed  bool // nothing named the metadata document: it was looked for where init puts it
	verdict  *verify.Verdict
	decision issuer.Decision

	diagnoses []diagnosis
	warnings  []string // what passed, and will not for long
}

// A note is one thing that was seen, for people.
type note struct{ subject, text string }

func (s *sight) note(subject, format string, args ...any) {
	s.notes = append(s.notes, note{subject, fmt.Sprintf(format, args...)})
}

// A page is what was served at a URL.
type page struct {
	url      string
	limit    int // of bytes, that verifiers read
	resource verify.Resource
	fetchErr error // why nothing was fetched
	err      error // what is wrong with what was fetched
}

// unanswered reports whether no server gave a whole answer.
func (p page) unanswered() bool {
	var failed *verify.FetchError
	if !errors.As(p.fetchErr, &failed) {
		return p.fetchErr != nil
	}
	return !failed.Unusable && (failed.Status == 0 || failed.Status == http.StatusOK)
}

// mostRead is how much is read of a document, so as to say how large it is.
const mostRead = 16 << 20

var errTooLarge = errors.New("the document is too large")

// local is what publish wrote.
type local struct {
	keys     metadata.PublisherDocument
	keysText []byte // nil where there is none
	document []byte // nil where there is none
}

// look sees what there is: the zone's own servers first, then the documents,
// then everything as a verifier does.
func look(ctx context.Context, cfg online.Config, p metadata.Publisher, what target) (*sight, error) {
	if p.SpecialUse() && !cfg.InsecureLoopback {
		return nil, fail(fmt.Errorf("%s is a special-use name, which is never looked up", p.Domain()), "--allow-loopback permits it, for tests")
	}
	resolver, err := newResolver(cfg)
	if err != nil {
		return nil, fail(fmt.Errorf("finding a resolver: %w", err), "--resolver HOST:PORT names one")
	}
	s := &sight{publisher: p, target: what, at: time.Now(), asked: make(map[string]bool),
		zoneHas: make(map[string]serverAnswer), split: make(map[string][]serverAnswer), resolved: make(map[string]resolverAnswer)}
	if err := s.readLocal(); err != nil {
		return nil, err
	}
	s.lookDNS(ctx, resolver)
	fetcher := fetch.New(fetch.Config{AllowLoopback: cfg.InsecureLoopback, RootCAs: cfg.RootCAs, ConnectTo: cfg.InsecureConnectTo})
	s.lookHTTPS(ctx, fetcher)
	verifier, err := verify.New(verify.Config{
		Resolver:           politeResolver{s, resolver, new(sync.Mutex)},
		Fetcher:            seenFetcher{map[string]page{s.keys.url: s.keys, s.document.url: s.document}, fetcher},
		Memory:             firstMeeting{},
		InsecureSpecialUse: cfg.InsecureLoopback,
	})
	if err != nil {
		return nil, fail(fmt.Errorf("looking at %s: %w", p.Domain(), err), "")
	}
	s.verdict, err = verifier.Verify(ctx, verify.Presentation{ClientID: s.target.id.String()})
	if err != nil {
		return nil, fail(fmt.Errorf("looking at %s: %w", p.Domain(), err), "")
	}
	s.noteVerdict()
	s.decision = issuer.Standard().Decide(issuer.Input{Verdict: s.verdict, Claimed: s.verdict.Claimed()})
	return s, nil
}

// newResolver returns the resolver that verify would use.
func newResolver(cfg online.Config) (*dnsx.Resolver, error) {
	var upstreams []dnsx.Upstream
	for _, r := range cfg.Resolvers {
		at, err := dnsaddr.Parse(r.Address)
		if err != nil {
			return nil, err
		}
		upstreams = append(upstreams, dnsx.Upstream{Address: r.Address, Operator: at.Operator(), Validating: at.Loopback()})
	}
	if len(upstreams) == 0 {
		var err error
		if upstreams, err = dnsx.System(); err != nil {
			return nil, err
		}
	}
	return dnsx.New(dnsx.Config{Upstreams: upstreams, RootCAs: cfg.RootCAs, ConnectTo: cfg.InsecureConnectTo,
		AllowSpecialUse: cfg.InsecureLoopback, AllowLoopback: cfg.InsecureLoopback})
}

// readLocal reads what publish wrote, as far as it is there.
func (s *sight) readLocal() error {
	if s.target.dir == "" {
		return nil
	}
	if _, err := os.Stat(filepath.Join(s.target.dir, siteDir)); err != nil {
		return nil
	}
	tree, err := openSite(s.target.dir)
	if err != nil {
		return err
	}
	defer tree.close()
	if s.local.keys, err = tree.publisherDocument(s.target.id.Publisher()); err != nil {
		return err
	}
	keys, _ := siteName(s.publisher.PublisherDocumentURL())
	if s.local.keysText, _, err = tree.read(keys); err != nil {
		return err
	}
	name, err := siteName(s.target.id.String())
	if err != nil {
		return refused(err, "")
	}
	s.local.document, _, err = tree.read(name)
	return err
}

// lookHTTPS fetches the two documents.
func (s *sight) lookHTTPS(ctx context.Context, f verify.Fetcher) {
	s.keys = s.get(ctx, f, s.publisher.PublisherDocumentURL(), limits.DocumentBytesMax)
	if s.keys.fetchErr == nil {
		if s.listed, s.keys.err = metadata.ParsePublisherDocument(s.keys.resource.Body, s.publisher); s.keys.err == nil {
			s.note("publisher document", "%s has key %s", s.keys.url, strings.Join(keyIDs(s.listed), ", "))
		}
	}
	if s.target.id.IsZero() {
		s.target.id, s.assumed = s.listedClient()
	}
	if s.assumed {
		s.note("metadata document", "nothing names it, so %s is assumed: --client-id names another", s.target.id)
	}
	s.document = s.get(ctx, f, s.target.id.String(), limits.DocumentBytes)
	if s.document.fetchErr != nil {
		return
	}
	_, s.document.err = metadata.ParseDocument(s.document.resource.Body, s.target.id)
	s.note("metadata document", "%s, %d bytes", s.document.url, len(s.document.resource.Body))
}

// get fetches one document. Where no server answered, nothing was seen.
func (s *sight) get(ctx context.Context, f verify.Fetcher, url string, limit int) page {
	resource, err := f.Fetch(ctx, url, mostRead)
	if err == nil && len(resource.Body) > limit {
		err = &verify.FetchError{Status: http.StatusOK, Unusable: true, Server: resource.Server,
			Err: fmt.Errorf("%w: %d bytes, and %d are read", errTooLarge, len(resource.Body), limit)}
	}
	p := page{url: url, limit: limit, resource: resource, fetchErr: err}
	switch {
	case p.unanswered():
		s.unreached = append(s.unreached, url+": "+err.Error())
	case err != nil:
		s.note("not a document", "%s: %v", url, err)
	}
	return p
}

// listedClient returns the client_id that the publisher document lists first,
// else, assumed, where init puts the document.
func (s *sight) listedClient() (id metadata.ClientID, assumed bool) {
	for _, c := range s.listed.Clients {
		if id, err := metadata.ParseClientID(c.ClientID); err == nil {
			return id, false
		}
	}
	id, err := metadata.ParseClientID(s.publisher.String() + defaultDocumentPath)
	if err != nil {
		return metadata.ClientID{}, true
	}
	return id, true
}

func (s *sight) noteVerdict() {
	if f, ok := s.verdict.Finding(verify.CheckDNSKey); ok && !s.owner.IsZero() {
		if f.Status == verify.Passed {
			s.note("resolver", "%s has key %s, too", f.Evidence.Server, s.verdict.KeyID)
		} else {
			s.note("resolver", "%s: %s", f.Reason, f.Detail)
		}
	}
	if f, ok := s.verdict.Finding(verify.CheckDNSStrength); ok && f.Reason == metadata.ReasonDNSUncorroborated {
		s.note("one resolver", "%s, so the publisher document must say the same as DNS. A zone with DNSSEC, or a second resolver, would be enough", f.Detail)
	}
	if s.alias != "" && s.owner == s.publisher && len(s.aliasAstray()) == 0 {
		s.note("alias", "%s leads to %s: whoever runs that zone decides which keys count, and an answer is as strong as the weaker zone", s.publisher.KeyRecordName(), s.alias)
	}
	text := s.verdict.Outcome.String()
	if s.verdict.KeyID != "" {
		text += ", statement signed with " + s.verdict.KeyID
	}
	if stated, ok := s.verdict.Statement(); ok {
		text += ", holds until " + time.Unix(stated.ExpiresAt, 0).UTC().Format(time.DateOnly)
	}
	if s.verdict.Reason() != "" {
		text += ": " + string(s.verdict.Reason())
	}
	s.note("verifier", "%s", text)
	if _, ok := s.verdict.Statement(); ok && s.absent && s.verdict.Passed(verify.CheckWellknownKey) {
		s.note("without DNS", "the key in the publisher document counts already. With the record nobody who breaks into the web server alone can sign as %s", s.publisher.Domain())
	}
	for _, f := range s.verdict.Findings {
		if f.Status == verify.Passed && f.Reason != "" {
			s.warnings = append(s.warnings, string(f.Reason)+": "+f.Detail)
		}
	}
}

// A seenFetcher has the pages that were fetched already, and fetches others.
type seenFetcher struct {
	pages map[string]page
	next  verify.Fetcher
}

// Fetch implements [verify.Fetcher].
func (f seenFetcher) Fetch(ctx context.Context, url string, limit int) (verify.Resource, error) {
	if p, ok := f.pages[url]; ok {
		return p.resource, p.fetchErr
	}
	return f.next.Fetch(ctx, url, limit)
}

// firstMeeting is the memory of a service that never saw the publisher before.
type firstMeeting struct{}

// See implements [verify.Memory].
func (firstMeeting) See(_ context.Context, _ metadata.Publisher, keys []verify.PublishedKey, at time.Time) ([]verify.Sighting, error) {
	sightings := make([]verify.Sighting, len(keys))
	for i, k := range keys {
		sightings[i] = verify.Sighting{Thumbprint: k.Thumbprint, First: at, Last: at}
	}
	return sightings, nil
}

// Missing implements [verify.Memory].
func (firstMeeting) Missing(_ context.Context, _ metadata.ClientID, at time.Time) (time.Time, error) {
	return at, nil
}

// Found implements [verify.Memory].
func (firstMeeting) Found(context.Context, metadata.ClientID) error { return nil }

// End implements [verify.Memory].
func (firstMeeting) End(context.Context, metadata.Publisher, []string, time.Time) ([]verify.Sighting, error) {
	return nil, nil
}

// Expose implements [verify.Memory].
func (firstMeeting) Expose(context.Context, []string, time.Time) error { return nil }

// Exposed implements [verify.Memory].
func (firstMeeting) Exposed(context.Context, []string) ([]verify.Exposure, error) { return nil, nil }

// Issued implements [verify.Memory].
func (firstMeeting) Issued(_ context.Context, _ metadata.Publisher, _ metadata.ClientID, iat int64) (int64, error) {
	return iat, nil
}
