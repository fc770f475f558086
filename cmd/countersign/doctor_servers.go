package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fc28f635/countersign/internal/dnsx"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// A serverAnswer is what one name server of a zone says.
type serverAnswer struct {
	server dnsx.Server
	verify.Answer
	err error
}

// settled reports whether the server said what there is, or that nothing is.
func (a serverAnswer) settled() bool { return a.err == nil || errors.Is(a.err, verify.ErrNoRecord) }

// differs reports whether two servers have other TXT records.
func (a serverAnswer) differs(b serverAnswer) bool {
	return !slices.Equal(slices.Sorted(slices.Values(a.Texts)), slices.Sorted(slices.Values(b.Texts)))
}

// askServers asks all servers of a zone at once.
func askServers(ctx context.Context, r *dnsx.Resolver, servers []dnsx.Server, name string) []serverAnswer {
	answers := make([]serverAnswer, len(servers))
	var wg sync.WaitGroup
	for i, server := range servers {
		wg.Go(func() {
			answer, err := r.AskAuthority(ctx, server, name)
			answers[i] = serverAnswer{server, answer, err}
		})
	}
	wg.Wait()
	return answers
}

// compare keeps what servers say of a name where they disagree. It reports
// whether they do.
func (s *sight) compare(name string, answers []serverAnswer) bool {
	settled := slices.DeleteFunc(slices.Clone(answers), func(a serverAnswer) bool { return !a.settled() })
	if len(settled) == 0 || !slices.ContainsFunc(settled[1:], settled[0].differs) {
		return false
	}
	s.split[name] = settled
	return true
}

func (s *sight) serversDisagree() []string {
	var names []string
	for name := range s.split {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (s *sight) mendServersDisagree(name string) string {
	lines := []string{"wait until the zone has reached all of its name servers; if it does not, raise the serial number\nof the zone, or publish it again where the record was added. Now they have:"}
	for _, a := range s.split[name] {
		has := "nothing"
		if len(a.Texts) > 0 {
			has = fmt.Sprintf("%.100q", a.Texts)
			if set := metadata.ParseKeySet(a.Texts); set.Holds() {
				has = describe(set)
			}
		}
		lines = append(lines, fmt.Sprintf("  %s (%s): %s", a.server.Name, a.server.Address, has))
	}
	return strings.Join(lines, "\n")
}

// A resolverAnswer is what a resolver said, and until when it will say so.
type resolverAnswer struct {
	serverAnswer
	until time.Time
}

// answerCached finds names of which a resolver has another answer than the
// zone's own servers, none of which disagrees with the others.
func (s *sight) answerCached() []string {
	var names []string
	for name, answer := range s.resolved {
		own, ok := s.zoneHas[name]
		if _, split := s.split[name]; ok && !split && answer.settled() && answer.differs(own) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (s *sight) mendCached(name string) string {
	answer := s.resolved[name]
	return fmt.Sprintf("wait until %s: then the old answer is forgotten by\n%s\nNothing needs to be changed.",
		answer.until.UTC().Format(time.RFC3339), answer.Server)
}

func (s *sight) dnsBogus() []string {
	if s.bogus == "" {
		return nil
	}
	return []string{s.bogus}
}

func (s *sight) mendBogus(name string) string {
	return "if the zone is not signed: remove the DS record of " + s.publisher.RegistrableDomain() + " at the registrar.\n" +
		"If it is signed: have the operator of the zone sign it again, and compare the DS record at the registrar with its key"
}
