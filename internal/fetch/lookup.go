package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/fc28f635/countersign/internal/limits"
)

// lookupAddrs asks Go's own resolver for a fully qualified name, so that no
// search list applies.
func lookupAddrs(ctx context.Context, host string) ([]netip.Addr, error) {
	var dialer net.Dialer
	return lookupAddrsBy(ctx, dialer.DialContext, host)
}

func lookupAddrsBy(ctx context.Context, dial dialFunc, host string) ([]netip.Addr, error) {
	q := questions{dial: dial}
	q.left.Store(limits.AddressQuestions)
	r := net.Resolver{PreferGo: true, Dial: q.ask}
	addrs, err := r.LookupNetIP(ctx, "ip", host+".")
	if err != nil {
		return nil, err
	}
	for i, addr := range addrs {
		addrs[i] = addr.Unmap()
	}
	return addrs, nil
}

type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// questions bounds what one look-up asks. Go's resolver has a connection for each
// question, and asks every server of the system twice where one answers that it
// failed, or not at all: a stranger's name server decides that.
type questions struct {
	dial dialFunc
	left atomic.Int32
}

func (q *questions) ask(ctx context.Context, network, address string) (net.Conn, error) {
	if q.left.Add(-1) < 0 {
		return nil, fmt.Errorf("%d questions were asked, and no more are", limits.AddressQuestions)
	}
	conn, err := q.dial(ctx, network, address)
	if err != nil {
		return nil, q.refund(err)
	}
	// The resolver waits for an answer on the connection alone, not on ctx.
	context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	if udp, ok := conn.(*net.UDPConn); ok {
		return &udpQuestion{udp, q}, nil // still a net.PacketConn, which tells the resolver how to ask
	}
	return conn, nil
}

// refund takes a question back that a server did not get because there is none:
// then the next one of the system is asked.
func (q *questions) refund(err error) error {
	if errors.Is(err, syscall.ECONNREFUSED) {
		q.left.Add(1)
	}
	return err
}

// A udpQuestion learns from the answer that nobody was there.
type udpQuestion struct {
	*net.UDPConn
	of *questions
}

func (u *udpQuestion) Read(b []byte) (int, error) {
	n, err := u.UDPConn.Read(b)
	return n, u.of.refund(err)
}
