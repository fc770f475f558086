package dnsx

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/miekg/dns"

	"github.com/fc28f635/countersign/internal/limits"
)

// errGuessed says that too many wrong answers came.
var errGuessed = errors.New("too many wrong answers")

// exchange asks q of the server at address, over UDP and where the answer is
// truncated or guessed at over TCP, or over TCP only. It returns an answer that
// is complete and to this question, and the network that it came over.
func exchange(ctx context.Context, address string, q *dns.Msg, tcp bool) (m *dns.Msg, network string, err error) {
	if !tcp {
		m, err := exchangeUDP(ctx, address, q)
		if err == nil && !m.Truncated {
			return m, "udp", nil
		}
		if err != nil && !errors.Is(err, errGuessed) {
			return nil, "udp", err
		}
	}
	m, err = exchangeTCP(ctx, address, q)
	return m, "tcp", err
}

// exchangeUDP asks once from a socket and port of its own. What is no answer to
// q is dropped without a word, because anybody may send it.
func exchangeUDP(ctx context.Context, address string, q *dns.Msg) (*dns.Msg, error) {
	conn, release, err := connect(ctx, "udp", address)
	if err != nil {
		return nil, err
	}
	defer release()
	packed, err := q.Pack()
	if err != nil {
		return nil, fmt.Errorf("packing a question: %w", err)
	}
	if _, err := conn.Write(packed); err != nil {
		return nil, err
	}
	buf := make([]byte, dns.MaxMsgSize)
	for range limits.DNSWrongAnswers {
		n, err := conn.Read(buf)
		if err != nil {
			return nil, err
		}
		if m, err := unpack(buf[:n], q); err == nil {
			return m, nil
		}
	}
	return nil, errGuessed
}

// exchangeTCP asks once over a connection of its own (RFC 7766).
func exchangeTCP(ctx context.Context, address string, q *dns.Msg) (*dns.Msg, error) {
	conn, release, err := connect(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	defer release()
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

// connect returns a socket that fails once ctx is done. Connected UDP sockets
// receive from the server's address and port only.
func connect(ctx context.Context, network, address string) (net.Conn, func(), error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			conn.Close()
			return nil, nil, err
		}
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	return conn, func() { stop(); conn.Close() }, nil
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
