package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/fc28f635/countersign/internal/dnsx"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// A zoneCut is a zone and who serves it. A zone that was moved to another
// company, or added at one that nobody is sent to, has servers that do not count.
type zoneCut struct {
	zone  string
	live  []dnsx.Server // to which the zone above delegates: resolvers start there
	stray []dnsx.Server // others, that the zone itself names
}

// findZone finds the zone that domain is in. Where the zone above does not say
// to whom it delegates, the zone's own word is taken.
func findZone(ctx context.Context, r *dnsx.Resolver, domain string) (zoneCut, error) {
	zone, own, err := r.Authorities(ctx, domain)
	if errors.Is(err, verify.ErrBogus) {
		return zoneCut{}, err
	}
	cut, live, unknown := r.Delegation(ctx, cmp.Or(zone, domain))
	switch {
	case unknown == nil && (err != nil || cut == zone):
		delegated := func(server dnsx.Server) bool { return slices.Contains(serverNames(live), server.Name) }
		return zoneCut{cut, live, slices.DeleteFunc(own, delegated)}, nil
	case err != nil:
		return zoneCut{}, err
	}
	return zoneCut{zone, own, nil}, nil
}

// serverNames returns each name of servers once.
func serverNames(servers []dnsx.Server) []string {
	var names []string
	for _, server := range servers {
		names = append(names, server.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// lookElsewhere asks for the publisher's own record at name servers that are not
// live: those that the zone names, and those that the publisher believes in. It
// returns what the former say where some resolvers may believe them.
func (s *sight) lookElsewhere(ctx context.Context, r *dnsx.Resolver, name string, live []serverAnswer) []serverAnswer {
	strays, believed := askServers(ctx, r, s.cut.stray, name), askServers(ctx, r, s.locateBelieved(ctx, r), name)
	for i, a := range slices.Concat(strays, believed) {
		switch {
		case a.noAuthority():
			s.note("another name server", "%s (%s) does not serve %s", a.server.Name, a.server.Address, s.cut.zone)
		case !a.settled() && i < len(strays):
			s.note("another name server", "%s (%s) does not answer", a.server.Name, a.server.Address)
		case !a.settled():
			s.unreached = append(s.unreached, a.err.Error())
		case !a.holdsKeys():
			s.note("another name server", "%s (%s) has no key record", a.server.Name, a.server.Address)
		case slices.ContainsFunc(live, serverAnswer.holdsKeys):
			s.note("another name server", "%s (%s) has a key record, too", a.server.Name, a.server.Address)
		case s.elsewhere == "":
			s.elsewhere = a.server.Name
		}
	}
	if s.elsewhere != "" {
		return nil
	}
	return strays
}

// locateBelieved finds the servers that --name-server names.
func (s *sight) locateBelieved(ctx context.Context, r *dnsx.Resolver) []dnsx.Server {
	var found []dnsx.Server
	for _, text := range s.target.believed {
		host, port, _ := parseNameServer(text)
		servers, err := r.Locate(ctx, host, port)
		if err != nil {
			s.unreached = append(s.unreached, err.Error())
		}
		found = append(found, servers...)
	}
	return found
}

// parseNameServer reads HOST or HOST:PORT, HOST being a name or an IP address.
func parseNameServer(text string) (host string, port uint16, err error) {
	host, digits, err := net.SplitHostPort(text)
	if err != nil {
		host, digits = strings.Trim(text, "[]"), "53"
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	if err != nil || n == 0 || host == "" || strings.ContainsAny(host, "/ ") {
		return "", 0, fmt.Errorf("--name-server %.100q is no name server, such as ns1.acme.example or 192.0.2.53:53", text)
	}
	return strings.TrimSuffix(strings.ToLower(host), "."), uint16(n), nil
}

// holdsKeys reports whether a server has key records.
func (a serverAnswer) holdsKeys() bool {
	return a.err == nil && metadata.ParseKeySet(a.Texts).Holds()
}

// noAuthority reports whether the server does not serve the zone.
func (a serverAnswer) noAuthority() bool { return errors.Is(a.err, dnsx.ErrNoAuthority) }

func (s *sight) zoneElsewhere() []string {
	if s.elsewhere == "" || s.lame || !s.absent {
		return nil
	}
	return []string{fmt.Sprintf("the key record is at %s, and %s is delegated to %s", s.elsewhere, s.cut.zone, s.liveNames())}
}

func (s *sight) liveNames() string { return strings.Join(serverNames(s.cut.live), ", ") }

func (s *sight) mendElsewhere(string) string {
	return "with the company that runs " + s.liveNames() + ", add this TXT record:\n" + s.record(s.signingKeyID()) +
		"\nor, if " + s.elsewhere + " is meant to serve " + s.cut.zone + ", name it at the registrar in place of those above"
}

func (s *sight) zoneNotServed() []string {
	if !s.lame {
		return nil
	}
	return []string{s.cut.zone}
}

func (s *sight) mendNotServed(zone string) string {
	right := "the name servers of the company that has the zone"
	if s.elsewhere != "" {
		right = s.elsewhere + ", which has the key record,"
	}
	return "at the registrar, name " + right + " in place of " + s.liveNames() +
		",\nor have " + zone + " served there"
}
