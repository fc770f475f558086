package dnsx

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"github.com/miekg/dns"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/verify"
)

// A reply is a complete message with status NOERROR or NXDOMAIN.
type reply struct {
	*dns.Msg
	server string // "192.0.2.53:53 (udp)"
	secure bool   // a trusted validating resolver vouches for it
}

// A serverError says why one server gave no usable answer.
type serverError struct {
	server string
	err    error
}

func (e *serverError) Error() string { return e.server + ": " + e.err.Error() }
func (e *serverError) Unwrap() error { return e.err }

// ask asks one upstream. Its error wraps [verify.ErrBogus] where a validating
// upstream has the records and refuses to vouch for them.
func (r *Resolver) ask(ctx context.Context, up Upstream, name string, qtype uint16, tcp bool) (reply, error) {
	address, err := r.connectTo(up.Address)
	if err != nil {
		return reply{}, &serverError{up.Address, err}
	}
	q := question(name, qtype)
	m, server, err := r.attempt(ctx, address, q, tcp)
	if err != nil {
		return reply{}, err
	}
	switch m.Rcode {
	case dns.RcodeSuccess, dns.RcodeNameError:
		return reply{Msg: m, server: server, secure: up.vouches(address, m)}, nil
	case dns.RcodeServerFailure:
		if up.Validating && r.answersUnchecked(ctx, address, name, qtype, tcp) {
			return reply{server: server}, &serverError{server, verify.ErrBogus}
		}
	}
	return reply{}, &serverError{server, fmt.Errorf("answered %s", status(m.Rcode))}
}

// attempt asks until an answer to q comes, first over UDP unless tcp is set,
// then over TCP, each time for a share of the time. An answer with any status
// ends it.
func (r *Resolver) attempt(ctx context.Context, address netip.AddrPort, q *dns.Msg, tcp bool) (*dns.Msg, string, error) {
	share := r.cfg.Timeout / time.Duration(limits.DNSAttempts*len(r.cfg.Upstreams))
	var last error
	for i := range limits.DNSAttempts {
		q.Id = dns.Id()
		m, network, err := exchangeWithin(ctx, share, address, q, tcp || i > 0)
		server := address.String() + " (" + network + ")"
		if err == nil {
			return m, server, nil
		}
		if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) {
			err = errLate
		}
		last = &serverError{server, err}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, "", last
}

// errLate says that a server did not answer in time.
var errLate = errors.New("no answer in time")

func exchangeWithin(ctx context.Context, d time.Duration, address netip.AddrPort, q *dns.Msg, tcp bool) (*dns.Msg, string, error) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return exchange(ctx, address.String(), q, tcp)
}

// answersUnchecked reports whether the server has an answer where it need not
// validate it (CD, RFC 4035, Section 3.2.2): then its failure was validation.
func (r *Resolver) answersUnchecked(ctx context.Context, address netip.AddrPort, name string, qtype uint16, tcp bool) bool {
	q := question(name, qtype)
	q.CheckingDisabled = true
	m, _, err := r.attempt(ctx, address, q, tcp)
	return err == nil && (m.Rcode == dns.RcodeSuccess || m.Rcode == dns.RcodeNameError)
}

// vouches reports whether m, from the upstream at address, is secure: from a
// resolver that validates and is trusted to, reached where nobody can change the
// bit, and not from an authority, which cannot vouch for itself (RFC 4035,
// Section 3.1.6).
func (up Upstream) vouches(address netip.AddrPort, m *dns.Msg) bool {
	return up.Validating && address.Addr().IsLoopback() &&
		m.AuthenticatedData && m.RecursionAvailable && !m.Authoritative
}

// connectTo returns where to connect to for an address.
func (r *Resolver) connectTo(address string) (netip.AddrPort, error) {
	to := r.cfg.ConnectTo(address)
	ap, err := netip.ParseAddrPort(to)
	if err != nil || to != address && !ap.Addr().IsLoopback() {
		return netip.AddrPort{}, fmt.Errorf("connections may be moved to a loopback address only, not to %s", quote(to))
	}
	return ap, nil
}

// status returns the name of a response code.
func status(rcode int) string {
	if s, ok := dns.RcodeToString[rcode]; ok {
		return s
	}
	return fmt.Sprintf("response code %d", rcode)
}
