package dnsx

import (
	"context"
	"errors"
	"fmt"
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
func (r *Resolver) ask(ctx context.Context, up *upstream, name string, qtype uint16, reliable bool) (reply, error) {
	way, err := r.channel(up)
	if err != nil {
		return reply{}, &serverError{up.Address, err}
	}
	q := question(name, qtype)
	m, server, err := r.attempt(ctx, way, q, reliable)
	if err != nil {
		return reply{}, err
	}
	switch m.Rcode {
	case dns.RcodeSuccess, dns.RcodeNameError:
		return reply{Msg: m, server: server, secure: up.vouches(way, m)}, nil
	case dns.RcodeServerFailure:
		if up.Validating && r.answersUnchecked(ctx, way, name, qtype, reliable) {
			return reply{server: server}, &serverError{server, verify.ErrBogus}
		}
	}
	return reply{}, &serverError{server, fmt.Errorf("answered %s", status(m.Rcode))}
}

// attempt asks until an answer to q comes, the second time not over UDP, each time
// for a share of the time. An answer with any status ends it.
func (r *Resolver) attempt(ctx context.Context, way channel, q *dns.Msg, reliable bool) (*dns.Msg, string, error) {
	share := r.cfg.Timeout / time.Duration(limits.DNSAttempts*len(r.upstreams))
	var last error
	for i := range limits.DNSAttempts {
		q.Id = dns.Id()
		m, network, err := exchangeWithin(ctx, share, way, q, reliable || i > 0)
		server := way.String() + " (" + network + ")"
		if err == nil {
			return m, server, nil
		}
		if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) {
			err = errLate
		}
		last = &serverError{server, err}
		if ctx.Err() != nil || errors.Is(err, errSpent) {
			break
		}
	}
	return nil, "", last
}

// errLate says that a server did not answer in time.
var errLate = errors.New("no answer in time")

func exchangeWithin(ctx context.Context, d time.Duration, way channel, q *dns.Msg, reliable bool) (*dns.Msg, string, error) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return way.exchange(ctx, q, reliable)
}

// answersUnchecked reports whether the server has an answer where it need not
// validate it (CD, RFC 4035, Section 3.2.2): then its failure was validation.
func (r *Resolver) answersUnchecked(ctx context.Context, way channel, name string, qtype uint16, reliable bool) bool {
	q := question(name, qtype)
	q.CheckingDisabled = true
	m, _, err := r.attempt(ctx, way, q, reliable)
	return err == nil && (m.Rcode == dns.RcodeSuccess || m.Rcode == dns.RcodeNameError)
}

// vouches reports whether m, which came the way, is secure: from a resolver that
// validates and is trusted to, over a way on which nobody can change the bit, and
// not from an authority, which cannot vouch for itself (RFC 4035, Section 3.1.6).
func (up Upstream) vouches(way channel, m *dns.Msg) bool {
	return up.Validating && way.private() &&
		m.AuthenticatedData && m.RecursionAvailable && !m.Authoritative
}

// status returns the name of a response code.
func status(rcode int) string {
	if s, ok := dns.RcodeToString[rcode]; ok {
		return s
	}
	return fmt.Sprintf("response code %d", rcode)
}
