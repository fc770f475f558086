package issuer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/testvectors"
	"github.com/fc28f635/countersign/verify"
)

// A memStore keeps everything in memory, and fails when it is told to.
type memStore struct {
	Store // what no test here asks for

	mu        sync.Mutex
	decisions map[string]Decision
	order     []string // their ids
	accepted  []Acceptance
	excepted  []Exception
	pins      map[string]Pin
	acts      []Act
	policies  []PolicyVersion // the oldest first
	observed  []Observation
	reviews   map[string]Review
	queue     *ReviewQueue
	sightings map[metadata.Publisher][]verify.Sighting
	absences  map[metadata.ClientID]verify.Absence
	exposed   map[string]time.Time
	issued    map[string]int64 // by client_id and publisher
	fail      error
	commits   int
}

func newMemStore() *memStore {
	return &memStore{reviews: map[string]Review{}, queue: NewReviewQueue(nil), decisions: map[string]Decision{}, pins: map[string]Pin{}, sightings: map[metadata.Publisher][]verify.Sighting{}, absences: map[metadata.ClientID]verify.Absence{},
		exposed: map[string]time.Time{}, issued: map[string]int64{}}
}

func (s *memStore) Commit(_ context.Context, d Decision) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commits++
	if s.fail != nil {
		return s.fail
	}
	if _, twice := s.decisions[d.ID]; twice {
		return errors.New("an id twice")
	}
	s.decisions[d.ID], s.order = d, append(s.order, d.ID)
	if d.Review != nil {
		s.ask(*d.Review)
	}
	return nil
}

// ask keeps a review that is asked.
func (s *memStore) ask(r Review) {
	for id, kept := range s.reviews {
		if kept.Client() != r.Client() {
			continue
		}
		if !r.Asks(kept) {
			return
		}
		if kept.State == ReviewPending {
			s.queue.Remove(id)
			delete(s.reviews, id)
		}
	}
	for _, id := range s.queue.Add(r) {
		delete(s.reviews, id)
	}
	s.reviews[r.ID] = r
}

func (s *memStore) Review(_ context.Context, id string) (Review, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.reviews[id]
	if !ok {
		return Review{}, fmt.Errorf("review %q: %w", id, ErrNotFound)
	}
	return r, s.fail
}

func (s *memStore) Reviews(context.Context) ([]Review, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.reviews)), s.fail
}

func (s *memStore) Decision(_ context.Context, id string) (Decision, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, ok := s.decisions[id]
	if !ok {
		return Decision{}, fmt.Errorf("decision %q: %w", id, ErrNotFound)
	}
	return d, nil
}

func (s *memStore) Record(_ context.Context, a Act, c Change) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	if c.Review != nil {
		if _, ok := s.reviews[c.Review.ID]; !ok {
			return ErrNotFound
		}
		s.reviews[c.Review.ID] = *c.Review
		if c.Review.State != ReviewPending {
			s.queue.Remove(c.Review.ID)
		}
	}
	switch {
	case c.Accept != nil:
		s.accepted = append(s.accepted, *c.Accept)
	case c.Unaccept != nil:
		s.accepted = slices.DeleteFunc(s.accepted, func(a Acceptance) bool {
			return a.Publisher == c.Unaccept.Publisher && a.Shape == c.Unaccept.Shape && reviewOf(a) == reviewOf(*c.Unaccept)
		})
	case c.Except != nil:
		s.excepted = append(s.excepted, *c.Except)
	case !c.Release.IsZero():
		s.excepted = slices.DeleteFunc(s.excepted, func(e Exception) bool { return e.Subject == c.Release })
	case c.Pin != nil:
		s.pins[c.Pin.ClientID] = *c.Pin
	case c.Unpin != "":
		delete(s.pins, c.Unpin)
	case c.LiftKey != "":
		delete(s.exposed, c.LiftKey)
	case !c.LiftDocument.IsZero():
		maps.DeleteFunc(s.issued, func(of string, _ int64) bool { return strings.HasPrefix(of, c.LiftDocument.String()+" ") })
	case c.Policy != nil:
		s.policies = append(s.policies, *c.Policy)
	case c.Observe != nil:
		s.unobserve(c.Observe.Of)
		s.observed = append(s.observed, *c.Observe)
	case c.Unobserve != nil && !s.unobserve(c.Unobserve.Of):
		return ErrNotFound
	}
	s.acts = append(s.acts, a)
	return nil
}

func (s *memStore) Standing(_ context.Context, subjects []metadata.Subject) (Standing, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var st Standing
	for _, a := range s.accepted {
		of := metadata.PublisherSubject(a.Publisher)
		if of.IsZero() {
			of = metadata.ShapeSubject(a.Shape)
		}
		if slices.Contains(subjects, of) {
			st.Acceptances = append(st.Acceptances, a)
		}
	}
	for _, e := range s.excepted {
		if slices.Contains(subjects, e.Subject) {
			st.Exceptions = append(st.Exceptions, e)
		}
	}
	st.Observations = slices.Clone(s.observed)
	return st, s.fail
}

// unobserve reports whether there was anything to end.
func (s *memStore) unobserve(of string) bool {
	before := len(s.observed)
	s.observed = slices.DeleteFunc(s.observed, func(o Observation) bool { return o.Of == of })
	return len(s.observed) < before
}

func (s *memStore) Policies(context.Context) ([]PolicyVersion, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	newest := slices.Clone(s.policies)
	slices.Reverse(newest)
	return newest, nil
}

func (s *memStore) Decisions(_ context.Context, after Place, limit int) ([]Decision, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	order := func(a, b Place) int {
		return cmp.Or(a.At.Truncate(time.Second).Compare(b.At.Truncate(time.Second)), cmp.Compare(a.ID, b.ID))
	}
	list := []Decision{}
	for _, d := range s.decisions {
		if order(PlaceOf(d), after) > 0 {
			list = append(list, d)
		}
	}
	slices.SortFunc(list, func(a, b Decision) int { return order(PlaceOf(a), PlaceOf(b)) })
	return list[:min(limit, len(list))], s.fail
}

func (s *memStore) Pinned(_ context.Context, clientID string) (Pin, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.pins[clientID]
	if !ok {
		return Pin{}, ErrNotFound
	}
	return p, s.fail
}

func (s *memStore) Listing(context.Context) (Listing, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Listing{Acceptances: slices.Clone(s.accepted), Exceptions: slices.Clone(s.excepted)}, s.fail
}

func (s *memStore) Software(_ context.Context, limit int) ([]Software, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	byShape := map[metadata.Shape]Software{}
	for _, id := range s.order {
		d := s.decisions[id]
		byShape[d.Shape] = byShape[d.Shape].See(d)
	}
	list := slices.Collect(maps.Values(byShape))
	return list[:min(len(list), limit)], s.fail
}

func (s *memStore) See(_ context.Context, p metadata.Publisher, keys []verify.PublishedKey, at time.Time) ([]verify.Sighting, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := slices.Clone(s.sightings[p])
	for _, key := range keys {
		known := false
		for i := range seen {
			if seen[i].Thumbprint == key.Thumbprint {
				if verify.BeginsAnew(s.sightings[p], key.Thumbprint) {
					seen[i].First = at
				}
				seen[i].Last, known = at, true
			}
		}
		if !known {
			seen = append(seen, verify.Sighting{Thumbprint: key.Thumbprint, KeyIDs: []string{key.KeyID}, First: at, Last: at})
		}
	}
	s.sightings[p] = seen
	return append([]verify.Sighting(nil), seen...), nil
}

func (s *memStore) Missing(_ context.Context, id metadata.ClientID, at time.Time) (time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.absences[id] = s.absences[id].Again(at)
	return s.absences[id].First, s.fail
}

func (s *memStore) Found(_ context.Context, id metadata.ClientID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.absences, id)
	return s.fail
}

func (s *memStore) End(_ context.Context, p metadata.Publisher, kids []string, at time.Time) ([]verify.Sighting, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, kid := range kids {
		s.sightings[p] = append(s.sightings[p], verify.Sighting{KeyIDs: []string{kid}, First: at, Last: at, Ended: at})
	}
	return append([]verify.Sighting(nil), s.sightings[p]...), nil
}

func (s *memStore) Expose(_ context.Context, thumbprints []string, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, thumbprint := range thumbprints {
		if _, known := s.exposed[thumbprint]; !known {
			s.exposed[thumbprint] = at
		}
	}
	return s.fail
}

func (s *memStore) Exposed(_ context.Context, thumbprints []string) ([]verify.Exposure, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []verify.Exposure
	for _, thumbprint := range thumbprints {
		if at, known := s.exposed[thumbprint]; known {
			list = append(list, verify.Exposure{Thumbprint: thumbprint, Seen: at})
		}
	}
	return list, nil
}

func (s *memStore) Issued(_ context.Context, p metadata.Publisher, id metadata.ClientID, iat int64) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	of := id.String() + " " + p.String()
	s.issued[of] = max(s.issued[of], iat)
	return s.issued[of], nil
}

func (*memStore) Close() error { return nil }

// An office is a registry with everything around it.
type office struct {
	*Registry
	store *memStore
	world *vectortest.World
}

// newOffice makes an office in the world of a vector's headers and files.
func newOffice(t testing.TB, header map[string][]string, files map[string]string, change func(*Config)) *office {
	t.Helper()
	v := testvectors.Vector{ID: t.Name(), Now: vectortest.DrawnNow, Header: header, Files: map[string][]byte{}}
	for name, content := range files {
		v.Files[name] = []byte(content)
	}
	world, err := vectortest.New(v)
	if err != nil {
		t.Fatal(err)
	}
	verifying, err := world.Config()
	if err != nil {
		t.Fatal(err)
	}
	store := newMemStore()
	verifying.Memory = store
	verifier, err := verify.New(verifying)
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{Verifier: verifier, Store: store, AuthorizationServer: vectortest.DrawnServer,
		Now: func() time.Time { return vectortest.DrawnNow }}
	if change != nil {
		change(&cfg)
	}
	registry, err := NewRegistry(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &office{registry, store, world}
}

// secure is the header of a world with DNSSEC.
var secure = map[string][]string{"dns": {"secure"}}

// keyRecords is a zone in which acme publishes its key with further tags, and
// other.example the stranger's.
func keyRecords(tags string) string {
	acme, _ := vectortest.Genuine.Key.Record()
	other, _ := vectortest.Foreign.Key.Record()
	return fmt.Sprintf("%s. 300 IN TXT %q\n%s. 300 IN TXT %q\n", vectortest.Acme.KeyRecordName(), acme.String()+tags,
		vectortest.Other.KeyRecordName(), other.String())
}

func (o *office) accept(t testing.TB, a Acceptance) {
	t.Helper()
	if _, err := o.Accept(context.Background(), a); err != nil {
		t.Fatal(err)
	}
}

func (o *office) except(t testing.TB, e Exception) {
	t.Helper()
	if _, err := o.Except(context.Background(), e); err != nil {
		t.Fatal(err)
	}
}

func (o *office) decide(t testing.TB, req Request) Decision {
	t.Helper()
	d, err := o.Decide(context.Background(), req)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// stated is a statement of acme's on its client, after change.
func stated(t testing.TB, signer jose.Signer, change func(*metadata.Statement)) string {
	t.Helper()
	const day = 24 * 60 * 60
	now := vectortest.DrawnNow.Unix()
	s := metadata.Statement{Publisher: vectortest.Acme, ID: "acme-agent-1", IssuedAt: now - day, ExpiresAt: now + 60*day, Client: agent("")}
	if change != nil {
		change(&s)
	}
	signed, err := vectortest.Sign(s, signer)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// agent is acme's client as it registers with a statement.
func agent(statement string) metadata.Client {
	return metadata.Client{SoftwareID: "acme-agent", ClientName: "Acme Agent", RedirectURIs: []string{"https://acme.example/callback"},
		GrantTypes: []string{metadata.GrantAuthorizationCode, metadata.GrantRefreshToken}, Scope: "files:read files:write",
		SoftwareStatement: statement}
}

// registration asks for a decision on a client that registers.
func registration(c metadata.Client) Request { return Request{Client: &c} }

// acceptance is an operator's yes to acme, in force.
func acceptance(change func(*Acceptance)) Acceptance {
	a := Acceptance{Publisher: vectortest.Acme, By: ByOperator, Actor: "ops", Reason: "test",
		At: vectortest.DrawnNow.Add(-time.Hour), Until: vectortest.DrawnNow.Add(time.Hour)}
	if change != nil {
		change(&a)
	}
	return a
}

// reviewOf returns the id of the review that gave an acceptance, empty where none
// did.
func reviewOf(a Acceptance) string {
	if a.Bound == nil {
		return ""
	}
	return a.Bound.Review
}
