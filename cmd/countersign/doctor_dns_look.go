package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fc28f635/countersign/attest"
	"github.com/fc28f635/countersign/internal/dnsx"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// lookDNS asks the zone's own servers for the names that a verifier walks.
func (s *sight) lookDNS(ctx context.Context, r *dnsx.Resolver) {
	var cut zoneCut
	for _, p := range s.publisher.Walk() {
		if cut.zone == "" || p.Domain() != cut.zone && !strings.HasSuffix(p.Domain(), "."+cut.zone) {
			var err error
			if cut, err = findZone(ctx, r, p.Domain()); errors.Is(err, verify.ErrBogus) {
				s.bogus = p.Domain()
				return
			} else if err != nil {
				s.unreached = append(s.unreached, err.Error())
				return
			}
		}
		answer, ok := s.lookAt(ctx, r, cut, p)
		if !ok {
			return
		}
		set := metadata.ParseKeySet(answer.Texts)
		if !set.Holds() {
			continue
		}
		if s.speaks(p, set); s.owner.IsZero() {
			break
		}
		s.texts = answer.Texts
		s.wildcard = p == s.publisher && (answer.Wildcard || siblingHas(ctx, r, cut.live, p, answer.Texts))
		return
	}
	s.absent = true
	s.lookMisplaced(ctx, r)
}

// lookAt asks what the zone has at the key record name of p: one of the names
// that a verifier walks. It reports whether that is known.
func (s *sight) lookAt(ctx context.Context, r *dnsx.Resolver, cut zoneCut, p metadata.Publisher) (verify.Answer, bool) {
	name := p.KeyRecordName()
	answers := askServers(ctx, r, cut.live, name)
	compared := answers
	if p == s.publisher {
		s.cut = cut
		compared = slices.Concat(answers, s.lookElsewhere(ctx, r, name, answers))
		if s.lame = !slices.ContainsFunc(answers, func(a serverAnswer) bool { return !a.noAuthority() }); s.lame {
			return verify.Answer{}, false
		}
	}
	answer, err := settle(ctx, r, answers, name)
	disagree := s.compare(name, compared)
	if p == s.publisher {
		s.followAlias(ctx, r, name, answer.Name)
	}
	switch {
	case errors.Is(err, verify.ErrNoRecord):
		s.asked[name] = false
		s.note("zone's servers", "%s has nothing at %s", answer.Server, name)
		return answer, true
	case err != nil:
		s.unreached = append(s.unreached, err.Error())
		return answer, false
	}
	if s.zoneHas[name] = (serverAnswer{Answer: answer}); !disagree {
		s.asked[name] = true
	}
	set := metadata.ParseKeySet(answer.Texts)
	for _, text := range set.Ignored {
		s.note("zone's servers", "%s has a TXT record that is no key record: %.100q", name, text)
		if p == s.publisher && misspelt(text) {
			s.quoted = append(s.quoted, text)
		}
	}
	if set.Holds() {
		s.note("zone's servers", "%s has %s at %s", answer.Server, describe(set), name)
	}
	return answer, true
}

// speaks keeps the key records of p, the nearest that has any, as far as they
// speak for the publisher.
func (s *sight) speaks(p metadata.Publisher, set metadata.KeySet) {
	if p != s.publisher {
		set = speaksBelow(set)
	}
	if !set.Holds() {
		s.note("zone's servers", "no record at %s has s=y, so none speaks for %s", p.KeyRecordName(), s.publisher.Domain())
		return
	}
	s.owner, s.set = p, set
}

// lookMisplaced looks for the record where forms put it by mistake.
func (s *sight) lookMisplaced(ctx context.Context, r *dnsx.Resolver) {
	for _, name := range append(s.misplaced(), s.publisher.Domain()) {
		answer, err := askZone(ctx, r, s.cut.live, name)
		if set := metadata.ParseKeySet(answer.Texts); err == nil && !answer.Wildcard && set.Holds() {
			if s.apex = name == s.publisher.Domain(); !s.apex {
				s.twice = name
			}
			s.note("zone's servers", "%s has %s at %s", answer.Server, describe(set), name)
			return
		}
	}
}

// speaksBelow returns the records of a parent that speak for hosts below it.
func speaksBelow(set metadata.KeySet) metadata.KeySet {
	var below metadata.KeySet
	for _, k := range set.Keys {
		if k.Subdomains {
			below.Keys = append(below.Keys, k)
		}
	}
	return below
}

// siblingHas reports whether a name beside the publisher's key records, one that
// nobody added, has the same texts: a wildcard then answers for both.
func siblingHas(ctx context.Context, r *dnsx.Resolver, servers []dnsx.Server, p metadata.Publisher, texts []string) bool {
	answer, err := askZone(ctx, r, servers, strings.ToLower(rand.Text())+"."+p.Domain())
	slices.Sort(answer.Texts)
	return err == nil && slices.Equal(answer.Texts, slices.Sorted(slices.Values(texts)))
}

// misplaced returns the names at which the record ends up where a form appends
// its zone to more than the name within that zone.
func (s *sight) misplaced() []string {
	r := attest.DNSRecord{Publisher: s.publisher}
	names := []string{r.FullName() + "." + s.cut.zone}
	if name := r.FormName(s.publisher.RegistrableDomain()) + "." + s.cut.zone; name != r.FullName() && name != names[0] {
		names = append(names, name)
	}
	return names
}

// askZone asks all servers of a zone at once for what one of them has.
func askZone(ctx context.Context, r *dnsx.Resolver, servers []dnsx.Server, name string) (verify.Answer, error) {
	return settle(ctx, r, askServers(ctx, r, servers, name), name)
}

// settle takes the answer of the first server that has records, else of the
// first that gave one. An alias into another zone is followed by the resolver.
func settle(ctx context.Context, r *dnsx.Resolver, answers []serverAnswer, name string) (verify.Answer, error) {
	has := func(a serverAnswer) bool { return a.err == nil }
	alias := func(a serverAnswer) bool { return a.Name != "" && !strings.EqualFold(a.Name, name) }
	for _, wanted := range []func(serverAnswer) bool{has, alias, serverAnswer.settled} {
		if i := slices.IndexFunc(answers, wanted); i >= 0 {
			if a := answers[i]; a.settled() {
				return a.Answer, a.err
			}
			return r.LookupTXT(ctx, name)
		}
	}
	var errs []error
	for _, a := range answers {
		errs = append(errs, a.err)
	}
	return verify.Answer{}, errors.Join(errs...)
}

// describe says what a key set holds, in one line.
func describe(set metadata.KeySet) string {
	var texts []string
	for _, k := range set.Keys {
		state := "key " + k.KeyID
		if k.Revoked() {
			state += " (revoked)"
		}
		texts = append(texts, state)
	}
	for _, m := range set.Malformed {
		texts = append(texts, fmt.Sprintf("an unusable record (kid %.64q: %v)", m.KeyID, m.Err))
	}
	return strings.Join(texts, ", ")
}

// A politeResolver asks a resolver only for names that the zone's own servers
// have: one that is asked too early remembers that there is nothing.
type politeResolver struct {
	seen     *sight
	resolver *dnsx.Resolver
	mu       *sync.Mutex // guards what is written to seen
}

// LookupTXT implements [verify.Resolver].
func (r politeResolver) LookupTXT(ctx context.Context, name string) (verify.Answer, error) {
	has, asked := r.seen.asked[name]
	switch {
	case !asked:
		return verify.Answer{Name: name}, errors.New("the zone's own servers did not say, or not all the same, whether there is a record, so no resolver was asked")
	case !has:
		return verify.Answer{Name: name}, verify.ErrNoRecord
	}
	answer, err := r.resolver.LookupTXT(ctx, name)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen.resolved[name] = resolverAnswer{serverAnswer{Answer: answer, err: err}, time.Now().Add(answer.TTL)}
	if errors.Is(err, verify.ErrBogus) {
		r.seen.bogus = name
	}
	return answer, err
}
