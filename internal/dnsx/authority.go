package dnsx

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/miekg/dns"
	"golang.org/x/sync/errgroup"

	"github.com/fc28f635/countersign/internal/fetch"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// A Server is one address of a name server of a zone.
type Server struct {
	Name    string // "ns1.acme.example", without trailing dot
	Address string // "192.0.2.53:53"
}

// Authorities returns the zone that domain is in and the zone's own name
// servers, one [Server] for each address, as the upstreams know them. It returns
// an error where no zone is found above or at domain before a single label, or
// no server of it has an address.
func (r *Resolver) Authorities(ctx context.Context, domain string) (zone string, servers []Server, err error) {
	if err := checkName(domain); err != nil {
		return "", nil, err
	}
	if !r.cfg.AllowSpecialUse && metadata.SpecialUse(domain) {
		return "", nil, fmt.Errorf("%s is a special-use name, which is not looked up", quote(domain))
	}
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Timeout)
	defer cancel()
	zone, names, err := r.nameServers(ctx, strings.ToLower(domain))
	if err != nil {
		return "", nil, fmt.Errorf("finding the name servers of %s: %w", quote(domain), err)
	}
	servers, err = r.locate(ctx, zone, names, func(name string) ([]Server, error) { return r.addresses(ctx, name, dnsPort) })
	return zone, servers, err
}

// Locate returns the addresses of the name server host, which is a name or an IP
// address, at a port (53 for name servers), as the upstreams know them.
func (r *Resolver) Locate(ctx context.Context, host string, port uint16) ([]Server, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return []Server{{Name: host, Address: netip.AddrPortFrom(addr.Unmap(), port).String()}}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Timeout)
	defer cancel()
	servers, err := r.addresses(ctx, host, port)
	if len(servers) == 0 {
		return nil, fmt.Errorf("name server %s has no address: %w", quote(host), cmp.Or(err, verify.ErrNoRecord))
	}
	return servers, nil
}

// locate finds the addresses of the name servers of a zone, some at once.
func (r *Resolver) locate(ctx context.Context, zone string, names []string, addresses func(name string) ([]Server, error)) ([]Server, error) {
	found := make([][]Server, len(names))
	failed := make([]error, len(names))
	g := new(errgroup.Group)
	g.SetLimit(4)
	for i, name := range names {
		g.Go(func() error {
			found[i], failed[i] = addresses(name)
			return nil
		})
	}
	_ = g.Wait() // no function returns an error: one server without address is no failure
	servers := slices.Concat(found...)
	if len(servers) == 0 {
		return nil, fmt.Errorf("no name server of %s has an address: %w", quote(zone), errors.Join(failed...))
	}
	return servers, nil
}

// nameServers walks up from domain to the nearest name that has NS records.
func (r *Resolver) nameServers(ctx context.Context, domain string) (zone string, names []string, err error) {
	for zone = domain; strings.Contains(zone, "."); zone = above(zone) {
		rep, err := r.askAny(ctx, zone, dns.TypeNS)
		if err != nil {
			return "", nil, err
		}
		if names := serverNames(rep.Answer, zone); len(names) > 0 {
			return zone, names, nil
		}
	}
	return "", nil, errors.New("no zone is there")
}

// above returns the name one label above, which is empty at a top-level domain.
func above(name string) string {
	_, parent, _ := strings.Cut(name, ".")
	return parent
}

// serverNames returns the names in the NS records of zone, in order.
func serverNames(records []dns.RR, zone string) []string {
	var names []string
	for _, rr := range records {
		ns, ok := rr.(*dns.NS)
		if ok && dns.CanonicalName(ns.Hdr.Name) == dns.CanonicalName(zone) && len(names) < limits.DNSServers {
			names = append(names, strings.TrimSuffix(dns.CanonicalName(ns.Ns), "."))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

const dnsPort = 53

// addresses returns the addresses of one name server. One that ConnectTo moves
// needs no look-up.
func (r *Resolver) addresses(ctx context.Context, name string, port uint16) ([]Server, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	if to, moved := r.moved(name, port); moved {
		return to, nil
	}
	var servers []Server
	var failed error
	for _, qtype := range []uint16{dns.TypeA, dns.TypeAAAA} {
		rep, err := r.askAny(ctx, name, qtype)
		if err != nil {
			failed = err
			continue
		}
		for _, rr := range rep.Answer {
			if addr, ok := addressOf(rr, name); ok {
				servers = append(servers, Server{Name: name, Address: netip.AddrPortFrom(addr, port).String()})
			}
		}
	}
	return servers, failed
}

// moved returns where ConnectTo moves a name server, if it does.
func (r *Resolver) moved(name string, port uint16) ([]Server, bool) {
	address := net.JoinHostPort(name, strconv.Itoa(int(port)))
	to := r.cfg.ConnectTo(address)
	return []Server{{Name: name, Address: to}}, to != address
}

// addressOf returns the address in rr if it is one of name: the name of a name
// server is no alias (RFC 2181, Section 10.3).
func addressOf(rr dns.RR, name string) (netip.Addr, bool) {
	if dns.CanonicalName(rr.Header().Name) != dns.CanonicalName(name) {
		return netip.Addr{}, false
	}
	switch rr := rr.(type) {
	case *dns.A:
		addr, ok := netip.AddrFromSlice(rr.A.To4())
		return addr, ok
	case *dns.AAAA:
		return netip.AddrFromSlice(rr.AAAA.To16())
	}
	return netip.Addr{}, false
}

// askAny asks the upstreams in turn until one has a usable answer.
func (r *Resolver) askAny(ctx context.Context, name string, qtype uint16) (reply, error) {
	var failed error
	for _, up := range r.upstreams {
		rep, err := r.ask(ctx, up, name, qtype, false)
		if err == nil || errors.Is(err, verify.ErrBogus) {
			return rep, err
		}
		failed = join(failed, err, false)
		if ctx.Err() != nil {
			break
		}
	}
	return reply{}, failed
}

// ErrNoAuthority says that a name server does not serve the zone of the name.
var ErrNoAuthority = errors.New("has no authority for the name")

// AskAuthority asks one server of a zone for the TXT records of name, and
// nobody else. What it does not have authority for is no answer, and the error
// wraps [ErrNoAuthority]. The Answer is never secure or corroborated; other
// errors are those of [verify.Resolver]. Servers whose address is not public are
// not asked, but for loopback ones where Config.AllowLoopback is set.
func (r *Resolver) AskAuthority(ctx context.Context, server Server, name string) (verify.Answer, error) {
	if err := checkName(name); err != nil {
		return verify.Answer{}, err
	}
	answer, err := r.askAuthority(ctx, server, name)
	if err != nil {
		return answer, fmt.Errorf("asking name server %s for the TXT records of %s: %w", quote(server.Name), quote(name), err)
	}
	return answer, nil
}

func (r *Resolver) askAuthority(ctx context.Context, server Server, name string) (verify.Answer, error) {
	way, err := r.authority(server)
	if err != nil {
		return verify.Answer{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Timeout)
	defer cancel()
	q := question(name, dns.TypeTXT)
	q.RecursionDesired = false
	m, via, err := r.attempt(ctx, way, q, false)
	if err != nil {
		return verify.Answer{Server: via}, err
	}
	answer := verify.Answer{Server: via, Name: name}
	switch {
	case m.Rcode == dns.RcodeRefused, m.Rcode == dns.RcodeNotAuth:
		return answer, &serverError{via, fmt.Errorf("answered %s: %w", status(m.Rcode), ErrNoAuthority)}
	case m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError:
		return answer, &serverError{via, fmt.Errorf("answered %s", status(m.Rcode))}
	case !m.Authoritative:
		return answer, &serverError{via, ErrNoAuthority}
	}
	got, err := read(m, name)
	if err != nil {
		return answer, &serverError{via, err}
	}
	answer.Name = strings.TrimSuffix(got.name, ".")
	switch {
	case got.absent:
		answer.TTL = seconds(got.ttl)
		return answer, &serverError{via, verify.ErrNoRecord}
	case len(got.texts) == 0:
		return answer, &serverError{via, fmt.Errorf("the name is an alias for %s, which is in another zone", quote(answer.Name))}
	}
	answer.TTL, answer.Texts, answer.Wildcard = seconds(got.ttl), got.texts, got.synthesised
	return answer, nil
}

// authority returns the way to server, if it may be asked.
func (r *Resolver) authority(server Server) (channel, error) {
	ap, err := r.connectTo(server.Address)
	if err != nil {
		return nil, err
	}
	addr := ap.Addr().Unmap()
	if r.cfg.AllowLoopback && addr.IsLoopback() {
		return &plainChannel{address: ap}, nil
	}
	if err := fetch.Refuse(addr); err != nil {
		return nil, err
	}
	return &plainChannel{address: ap}, nil
}
