package dnsx

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/miekg/dns"

	"github.com/fc28f635/countersign/metadata"
)

// Delegation returns the zone at or above domain to which the zone above it
// delegates, and the name servers that it names: those from which every resolver
// starts, whatever the zone says of itself. It asks the servers of the zone above
// and nobody else for the delegation. It returns an error where these do not
// delegate, as where they serve both zones.
func (r *Resolver) Delegation(ctx context.Context, domain string) (zone string, servers []Server, err error) {
	if err := checkName(domain); err != nil {
		return "", nil, err
	}
	if !r.cfg.AllowSpecialUse && metadata.SpecialUse(domain) {
		return "", nil, fmt.Errorf("%s is a special-use name, which is not looked up", quote(domain))
	}
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Timeout)
	defer cancel()
	zone, servers, err = r.delegation(ctx, strings.ToLower(domain))
	if err != nil {
		return "", nil, fmt.Errorf("asking above %s who serves it: %w", quote(domain), err)
	}
	return zone, servers, nil
}

// parentsAsked bounds the name servers of the zone above that are asked.
const parentsAsked = 3

func (r *Resolver) delegation(ctx context.Context, domain string) (string, []Server, error) {
	var failed error
	for parent := above(domain); parent != "" && ctx.Err() == nil; parent = above(parent) {
		rep, err := r.askAny(ctx, parent, dns.TypeNS)
		if err != nil {
			failed = err
			continue
		}
		names := serverNames(rep.Answer, parent)
		if len(names) == 0 {
			continue
		}
		for _, name := range names[:min(len(names), parentsAsked)] {
			zone, servers, err := r.referral(ctx, name, parent, domain)
			if err == nil {
				return zone, servers, nil
			}
			failed = err
		}
		return "", nil, failed
	}
	if failed == nil {
		failed = errors.New("no zone is there")
	}
	return "", nil, failed
}

// referral asks one name server of the zone parent whom it refers to.
func (r *Resolver) referral(ctx context.Context, name, parent, domain string) (string, []Server, error) {
	servers, err := r.addresses(ctx, name, dnsPort)
	for _, server := range servers {
		var way channel
		if way, err = r.authority(server); err != nil {
			continue
		}
		q := question(domain, dns.TypeNS)
		q.RecursionDesired = false
		m, via, failed := r.attempt(ctx, way, q, false)
		if err = failed; err != nil {
			continue
		}
		zone, names := referred(m, parent, domain)
		if len(names) == 0 {
			err = &serverError{via, fmt.Errorf("does not refer to others (%s)", status(m.Rcode))}
			continue
		}
		servers, err := r.locate(ctx, zone, names, func(name string) ([]Server, error) { return r.glued(ctx, m, name) })
		return zone, servers, err
	}
	if err == nil {
		err = fmt.Errorf("name server %s has no address", quote(name))
	}
	return "", nil, err
}

// referred returns the zone below parent and the name servers that a referral
// names (RFC 1034, Section 4.3.2, step 3b), none where m is none.
func referred(m *dns.Msg, parent, domain string) (string, []string) {
	if m.Rcode != dns.RcodeSuccess || m.Authoritative || len(m.Answer) > 0 {
		return "", nil
	}
	for zone := domain; zone != parent; zone = above(zone) {
		if names := serverNames(m.Ns, zone); len(names) > 0 {
			return zone, names
		}
	}
	return "", nil
}

// glued returns the addresses that come with a referral, else those that the
// upstreams know.
func (r *Resolver) glued(ctx context.Context, m *dns.Msg, name string) ([]Server, error) {
	if to, moved := r.moved(name, dnsPort); moved {
		return to, nil
	}
	var servers []Server
	for _, rr := range m.Extra {
		if addr, ok := addressOf(rr, name); ok {
			servers = append(servers, Server{Name: name, Address: netip.AddrPortFrom(addr, dnsPort).String()})
		}
	}
	if len(servers) > 0 {
		return servers, nil
	}
	return r.addresses(ctx, name, dnsPort)
}
