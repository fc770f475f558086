package main

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"

	"github.com/fc28f635/countersign/internal/dnsx"
)

// An alias at the publisher's own key record name is followed, and whoever has
// the zone that it leads to has the say (the publisher stays, the weakest link
// decides). It is a fault where no key of the publisher is at its end.

// followAlias keeps what the publisher's key record name is an alias for, if it
// is one, and whether a wildcard made it: then a name that nobody added is one,
// too.
func (s *sight) followAlias(ctx context.Context, r *dnsx.Resolver, name, end string) {
	if end == "" || strings.EqualFold(end, name) {
		return
	}
	s.alias = end
	sibling := strings.ToLower(rand.Text()) + "." + s.publisher.Domain()
	s.aliasWildcard = slices.ContainsFunc(askServers(ctx, r, s.cut.live, sibling), func(a serverAnswer) bool {
		return strings.EqualFold(a.Name, end)
	})
}

// aliasAstray finds an alias that leads to no key of the publisher.
func (s *sight) aliasAstray() []string {
	switch {
	case s.alias == "" || s.aliasWildcard && (s.twice != "" || s.apex):
		return nil
	case s.absent && len(s.quoted) == 0:
		return []string{s.publisher.KeyRecordName() + " leads to " + s.alias + ", which has no key record"}
	case s.owner == s.publisher && slices.ContainsFunc(s.signingKeyIDs(), s.lacks):
		return []string{s.publisher.KeyRecordName() + " leads to " + s.alias + ", which has another's key"}
	}
	return nil
}

// lacks reports whether the records do not hold the key that signs with the kid,
// as far as they can be read.
func (s *sight) lacks(kid string) bool {
	record, err := s.set.Find(kid)
	return err == nil && len(s.set.Malformed) == 0 && (record.KeyID == "" || !record.Revoked() && !s.signsWith(record))
}

func (s *sight) mendAlias(string) string {
	record := s.record(s.signingKeyID())
	if s.aliasWildcard {
		return "a wildcard makes this alias, and may stay: a record at the name itself goes before it. Add it:\n" + record
	}
	return "remove the CNAME record at " + s.publisher.KeyRecordName() + "\nand add in its place:\n" + record
}

// recordsAt returns where the records are that speak for the publisher.
func (s *sight) recordsAt() string {
	switch {
	case s.owner.IsZero() || s.owner == s.publisher && s.alias == "":
		return s.publisher.KeyRecordName()
	case s.owner == s.publisher:
		return s.alias
	}
	return s.owner.KeyRecordName()
}
