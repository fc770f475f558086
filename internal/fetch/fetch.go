// Package fetch is the one road out over HTTPS. Make a [Client] with [New] and
// hand it to whoever needs a [verify.Fetcher]. [NewOrigin] is for the one server
// that the operator names as the own, which may be inside.
//
// A Client dials no address that is not public: every address of a host is
// checked before the first packet, and the one dialled is checked again by the
// kernel's view of it, so that a name that resolves differently the second time
// (DNS rebinding) gains nothing. It follows no redirect, uses no proxy of the
// environment, sends no cookie, credential or client certificate, keeps no
// connection, accepts no encoding, and bounds time, header and body.
//
// # What it does not do
//
// Addresses come from [Config.LookupAddrs]. The default is Go's own resolver,
// which reads the hosts file before it asks: a hosts entry can therefore name
// another public address of a host (loopback and private ones are refused all
// the same), and TLS is what tells that apart. A network that translates a
// prefix of its own into IPv4 (NAT64 with a network-specific prefix, RFC 6052)
// must name it in [Config.Deny]: no address shows that by itself.
package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// defaultUserAgent says who asks; it is the same for every fetch.
const defaultUserAgent = "countersign"

// Config configures a Client. The zero Config is the safest: public addresses,
// port 443, the system's certificate authorities.
type Config struct {
	// AllowLoopback permits 127.0.0.0/8 and ::1, on any port, and special-use
	// names; nothing else that is special becomes permitted. It is for tests
	// and demonstrations and must never be set on a public service.
	AllowLoopback bool

	// RootCAs are the certificate authorities that servers must chain to. Nil
	// means the system's.
	RootCAs *x509.CertPool

	// ConnectTo rewrites the address that is dialled, as curl's --connect-to:
	// it gets "host:port" and returns an "ip:port" on loopback, or what it got.
	// Any other result is refused. The name that TLS proves stays the host.
	// Nil rewrites nothing.
	ConnectTo func(address string) string

	// LookupAddrs returns the addresses of a host, which has no trailing dot.
	// It is called once for a fetch. Nil asks Go's resolver, without search
	// list; see the package comment for the hosts file.
	LookupAddrs func(ctx context.Context, host string) ([]netip.Addr, error)

	// Deny lists further prefixes that are never dialled, such as this
	// network's own NAT64 prefix.
	Deny []netip.Prefix

	// Timeout bounds a fetch from look-up to last byte. Zero, and anything
	// above, means limits.FetchTimeout.
	Timeout time.Duration

	// UserAgent is sent as it is. Empty means "countersign".
	UserAgent string

	// HTTP2 offers HTTP/2 beside HTTP/1.1: for a server that the operator named,
	// as [Origin] asks.
	HTTP2 bool
}

// A Client fetches documents; it implements [verify.Fetcher]. It is safe for
// concurrent use, holds no connection between fetches, and needs no closing.
type Client struct {
	cfg Config

	// Publisher documents have places of their own: whoever presents many
	// client_id URLs of a host cannot keep its publisher document from being
	// fetched.
	publishers, others *gate

	budget   *budget
	answered *lru.Cache[string, struct{}] // hosts that answered when they were asked last
}

// New returns a Client. At most 64 fetches run at once, at most 2 for one host
// and 8 for the hosts below one registrable domain, and as many again of
// publisher documents, at most 1 for one host. Hosts that answered when they
// were asked last have as many places again. Others wait for a place for as long
// as their context lets them, and for the timeout at most.
func New(cfg Config) *Client {
	if cfg.Timeout <= 0 || cfg.Timeout > limits.FetchTimeout {
		cfg.Timeout = limits.FetchTimeout
	}
	if cfg.UserAgent == "" {
		cfg.UserAgent = defaultUserAgent
	}
	if cfg.LookupAddrs == nil {
		cfg.LookupAddrs = lookupAddrs
	}
	if cfg.ConnectTo == nil {
		cfg.ConnectTo = func(address string) string { return address }
	}
	return &Client{
		cfg: cfg, publishers: newGate(limits.PublisherFetchesPerHost), others: newGate(limits.FetchesPerHost),
		budget: newBudget(), answered: newCache[struct{}](),
	}
}

// Fetch implements [verify.Fetcher]. Its errors are [*verify.FetchError]; what
// a server wrote is in none of them but for a quoted, shortened protocol error,
// and the body is in none at all.
func (c *Client) Fetch(ctx context.Context, rawURL string, limit int) (verify.Resource, error) {
	u, err := parseURL(rawURL, c.cfg.AllowLoopback)
	if err != nil {
		return verify.Resource{}, &verify.FetchError{Refused: true, Err: err}
	}
	if limit <= 0 {
		return verify.Resource{}, &verify.FetchError{Err: errors.New("the limit must be positive")}
	}
	host := strings.ToLower(u.Hostname())
	leave, err := c.enter(ctx, host, u)
	if err != nil {
		return verify.Resource{}, &verify.FetchError{Err: err}
	}
	defer leave()
	res, err := c.fetch(ctx, u, limit)
	var failure *verify.FetchError
	switch {
	case err == nil:
		c.answered.Add(host, struct{}{})
		c.budget.has(u.String())
	case errors.As(err, &failure) && (failure.Unusable || failure.Status != 0 && failure.Status != http.StatusOK):
		c.answered.Add(host, struct{}{})
	case ctx.Err() == nil: // it is not the caller who gave up
		c.answered.Remove(host)
	}
	return res, err
}

// fetch gets u from the first of its host's addresses that answers.
func (c *Client) fetch(ctx context.Context, u *url.URL, limit int) (verify.Resource, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	conn, err := c.dial(ctx, u)
	if err != nil {
		return verify.Resource{}, err
	}
	defer conn.Close()
	res, failure := c.get(ctx, u, conn, limit)
	if failure != nil {
		failure.Server = conn.RemoteAddr().String()
		return verify.Resource{}, failure
	}
	res.Server = conn.RemoteAddr().String()
	return res, nil
}

// enter charges u to its host's budget and waits for a place for it, for the
// timeout at most.
func (c *Client) enter(ctx context.Context, host string, u *url.URL) (leave func(), err error) {
	g := c.others
	if p, err := metadata.PublisherOf(host); err == nil && u.String() == p.PublisherDocumentURL() {
		g = c.publishers
	} else if err := c.budget.spend(host, u.String()); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	leave, err = g.enter(ctx, host, c.answered.Contains(host))
	if err != nil {
		return nil, fmt.Errorf("waiting for a free connection: %w", err)
	}
	return leave, nil
}

// get speaks TLS and HTTP over conn.
func (c *Client) get(ctx context.Context, u *url.URL, conn net.Conn, limit int) (verify.Resource, *verify.FetchError) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return verify.Resource{}, &verify.FetchError{Refused: true, Err: foreign("making the request", err)}
	}
	req.Header.Set("User-Agent", c.cfg.UserAgent)
	req.Header.Set("Accept", "application/json, application/*+json")
	req.Header.Set("Accept-Encoding", "identity")

	transport := c.transport(conn)
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return verify.Resource{}, &verify.FetchError{Err: foreign("no answer", err)}
	}
	defer resp.Body.Close()
	return read(resp, limit)
}

// transport returns a transport for one exchange: it can use this connection and
// no other. Its RoundTrip follows no redirect and keeps no cookie.
func (c *Client) transport(conn net.Conn) *http.Transport {
	conns := make(chan net.Conn, 1)
	conns <- conn
	t := &http.Transport{
		Proxy: nil,
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			select {
			case conn := <-conns:
				return conn, nil
			default:
				return nil, errors.New("the connection was used up")
			}
		},
		TLSClientConfig:        &tls.Config{RootCAs: c.cfg.RootCAs, MinVersion: tls.VersionTLS12},
		TLSNextProto:           map[string]func(string, *tls.Conn) http.RoundTripper{}, // HTTP/1.1 only
		TLSHandshakeTimeout:    c.cfg.Timeout,
		MaxResponseHeaderBytes: limits.HeaderBytes,
		DisableKeepAlives:      true,
		DisableCompression:     true,
	}
	if c.cfg.HTTP2 {
		t.TLSNextProto, t.ForceAttemptHTTP2 = nil, true
	}
	return t
}

// read takes the document out of an answer.
func read(resp *http.Response, limit int) (verify.Resource, *verify.FetchError) {
	if resp.StatusCode != http.StatusOK {
		failure := &verify.FetchError{Status: resp.StatusCode, Err: errors.New("only status 200 is an answer")}
		if to, bad := resp.Location(); bad == nil { // the host alone: the rest may hold secrets
			failure.RedirectHost = strings.ToLower(to.Hostname())
			failure.Err = fmt.Errorf("redirects are not followed, and this one leads to %s", quote(to.Host))
		}
		return verify.Resource{}, failure
	}
	unusable := func(html bool, err error) (verify.Resource, *verify.FetchError) {
		return verify.Resource{}, &verify.FetchError{Status: resp.StatusCode, Unusable: true, HTML: html, Err: err}
	}
	if err := checkEncoding(resp.Header); err != nil {
		return unusable(false, err)
	}
	if html, err := checkMediaType(resp.Header); err != nil {
		return unusable(html, err)
	}
	errTooLarge := fmt.Errorf("the document is larger than %d bytes", limit)
	if resp.ContentLength > int64(limit) {
		return unusable(false, errTooLarge)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, int64(limit)+1))
	switch {
	case len(body) > limit:
		return unusable(false, errTooLarge)
	case err != nil:
		return verify.Resource{}, &verify.FetchError{Status: resp.StatusCode, Err: foreign("the answer broke off", err)}
	}
	return verify.Resource{Body: body, Fresh: freshness(resp.Header, time.Now())}, nil
}
