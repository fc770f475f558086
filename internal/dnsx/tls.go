package dnsx

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/netip"

	"github.com/miekg/dns"
)

// A tlsChannel asks over TLS (RFC 7858), each question over a connection of its
// own: answers are remembered by callers, so that questions are rare.
type tlsChannel struct {
	address netip.AddrPort // where to connect to
	shown   string
	config  *tls.Config
}

func (c *tlsChannel) String() string { return c.shown }

// private implements channel: the certificate proves the configured name (RFC
// 8310, Section 5, the strict profile), and there is no way around it.
func (c *tlsChannel) private() bool { return true }

func (c *tlsChannel) exchange(ctx context.Context, q *dns.Msg, _ bool) (*dns.Msg, string, error) {
	const network = "tls"
	if err := spend(ctx); err != nil {
		return nil, network, err
	}
	conn, release, err := connect(ctx, "tcp", c.address.String())
	if err != nil {
		return nil, network, err
	}
	defer release()
	secured := tls.Client(conn, c.config)
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, network, fmt.Errorf("opening TLS: %w", err)
	}
	m, err := exchangeFramed(secured, q)
	return m, network, err
}
