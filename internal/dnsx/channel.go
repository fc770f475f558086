package dnsx

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/miekg/dns"

	"github.com/fc28f635/countersign/verify"
)

// A channel is a way to one server. It is safe for concurrent use.
type channel interface {
	// exchange asks q once and returns an answer that is complete and to q, and
	// the network that it came over. reliable forbids UDP.
	exchange(ctx context.Context, q *dns.Msg, reliable bool) (m *dns.Msg, network string, err error)

	// String names the server, for people.
	String() string

	// private reports whether nobody on the way can change an answer: the server
	// is on this machine, or TLS proves who it is.
	private() bool
}

// errSpent says that the verification may ask no more.
var errSpent = errors.New("too many DNS questions for one client")

// spend takes a question off what ctx allows; each is one message sent.
func spend(ctx context.Context) error {
	if !verify.SpendQuestion(ctx) {
		return errSpent
	}
	return nil
}

// connect returns a socket that fails once ctx is done. Connected UDP sockets
// receive from the server's address and port only.
func connect(ctx context.Context, network, address string) (net.Conn, func(), error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	return conn, func() { stop(); conn.Close() }, nil
}
