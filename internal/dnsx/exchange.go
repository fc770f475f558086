package dnsx

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"

	"github.com/miekg/dns"

	"github.com/fc28f635/countersign/internal/limits"
)

// errDoubtful says that what came over UDP may be somebody's guess: the question
// is to be asked over TCP.
var errDoubtful = errors.New("doubtful answers over UDP")

// A plainChannel asks over UDP, and over TCP where that does not do.
type plainChannel struct {
	address netip.AddrPort
	cookies *jar // nil where none are sent
}

func (c *plainChannel) String() string { return c.address.String() }

func (c *plainChannel) private() bool { return c.address.Addr().IsLoopback() }

// exchange implements channel: over UDP first, and where the answer is truncated
// or doubtful over TCP.
func (c *plainChannel) exchange(ctx context.Context, q *dns.Msg, reliable bool) (m *dns.Msg, network string, err error) {
	if !reliable {
		m, err := c.exchangeUDP(ctx, q)
		if err == nil && !m.Truncated {
			return m, "udp", nil
		}
		if err != nil && !errors.Is(err, errDoubtful) {
			return nil, "udp", err
		}
	}
	m, err = c.exchangeTCP(ctx, q)
	return m, "tcp", err
}

// exchangeUDP asks once from a socket and port of its own. What is no answer to
// q is dropped without a word, because anybody may send it.
func (c *plainChannel) exchangeUDP(ctx context.Context, q *dns.Msg) (*dns.Msg, error) {
	if err := spend(ctx); err != nil {
		return nil, err
	}
	conn, release, err := connect(ctx, "udp", c.address.String())
	if err != nil {
		return nil, err
	}
	defer release()
	q = c.cookies.stamp(mixCase(q))
	packed, err := q.Pack()
	if err != nil {
		return nil, fmt.Errorf("packing a question: %w", err)
	}
	if _, err := conn.Write(packed); err != nil {
		return nil, err
	}
	buf := make([]byte, limits.DNSUDPBytes) // what is larger than we asked for is cut, and so malformed
	for range limits.DNSWrongAnswers {
		n, err := conn.Read(buf)
		if err != nil {
			return nil, err
		}
		m, err := c.judge(buf[:n], q)
		if err == nil || errors.Is(err, errDoubtful) {
			return m, err
		}
	}
	return nil, errDoubtful
}

// judge reads what came over UDP. An error that is errDoubtful is an answer to q
// in all but what would tell a server from somebody who guesses.
func (c *plainChannel) judge(b []byte, q *dns.Msg) (*dns.Msg, error) {
	m, err := unpack(b, q)
	if err != nil {
		return nil, err
	}
	switch err := c.cookies.check(m); {
	case errors.Is(err, errWrongCookie):
		return nil, err
	case err != nil, !echoesCase(m, q):
		return nil, errDoubtful
	}
	c.cookies.keep(m, false)
	if m.Rcode == dns.RcodeBadCookie { // RFC 7873, Section 5.3
		return nil, errDoubtful
	}
	return m, nil
}

// exchangeTCP asks once over a connection of its own (RFC 7766).
func (c *plainChannel) exchangeTCP(ctx context.Context, q *dns.Msg) (*dns.Msg, error) {
	if err := spend(ctx); err != nil {
		return nil, err
	}
	conn, release, err := connect(ctx, "tcp", c.address.String())
	if err != nil {
		return nil, err
	}
	defer release()
	m, err := exchangeFramed(conn, c.cookies.stamp(q))
	if err == nil {
		c.cookies.keep(m, true)
	}
	return m, err
}

// exchangeFramed asks once over a stream (RFC 1035, Section 4.2.2).
func exchangeFramed(conn net.Conn, q *dns.Msg) (*dns.Msg, error) {
	packed, err := q.Pack()
	if err != nil {
		return nil, fmt.Errorf("packing a question: %w", err)
	}
	framed := binary.BigEndian.AppendUint16(nil, uint16(len(packed)))
	if _, err := conn.Write(append(framed, packed...)); err != nil {
		return nil, err
	}
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return nil, fmt.Errorf("reading the length of an answer: %w", err)
	}
	buf := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(conn, buf); err != nil {
		return nil, fmt.Errorf("reading an answer: %w", err)
	}
	m, err := unpack(buf, q)
	if err != nil {
		return nil, err
	}
	if m.Truncated {
		return nil, errors.New("the answer is truncated over TCP")
	}
	return m, nil
}

// unpack reads an answer to q. It returns an error for what is no answer to q,
// and for a malformed one; of a truncated one only the header counts.
func unpack(b []byte, q *dns.Msg) (*dns.Msg, error) {
	m := new(dns.Msg)
	malformed := m.Unpack(b)
	if m.Id != q.Id || !m.Response || m.Opcode != dns.OpcodeQuery || !sameQuestion(m, q) {
		return nil, errors.New("not an answer to the question")
	}
	if m.Truncated {
		return m, nil
	}
	if malformed != nil {
		return nil, errors.New("malformed answer")
	}
	options := 0
	for _, rr := range m.Extra {
		if rr.Header().Rrtype == dns.TypeOPT {
			options++
		}
	}
	if options > 1 { // RFC 6891, Section 6.1.1
		return nil, errors.New("malformed answer: more than one OPT record")
	}
	return m, nil
}

// sameQuestion reports whether m repeats the question of q. A server that could
// not or would not read the question may leave it out.
func sameQuestion(m, q *dns.Msg) bool {
	if len(m.Question) == 0 {
		switch m.Rcode {
		case dns.RcodeFormatError, dns.RcodeServerFailure, dns.RcodeNotImplemented, dns.RcodeRefused:
			return len(m.Answer) == 0
		}
		return false
	}
	got, want := m.Question[0], q.Question[0]
	return len(m.Question) == 1 && got.Qtype == want.Qtype && got.Qclass == want.Qclass &&
		strings.EqualFold(got.Name, want.Name)
}

// question makes a question for name with a random id, for DNSSEC records too.
func question(name string, qtype uint16) *dns.Msg {
	m := new(dns.Msg).SetQuestion(dns.Fqdn(name), qtype) // its id is from crypto/rand
	return m.SetEdns0(limits.DNSUDPBytes, true)
}
