package dnsx

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"

	"github.com/miekg/dns"

	"github.com/fc28f635/countersign/internal/fetch"
)

// An httpsChannel asks over HTTPS (RFC 8484), over HTTP/2 where the server has
// it, through the guarded road out. It follows no redirect.
type httpsChannel struct {
	origin *fetch.Origin
	url    string
}

// messageType is the media type of DNS messages (RFC 8484, Section 6).
const messageType = "application/dns-message"

func newHTTPSChannel(cfg fetch.Config, url string) (*httpsChannel, error) {
	cfg.HTTP2 = true
	origin, err := fetch.NewOrigin(cfg, url)
	if err != nil {
		return nil, err
	}
	return &httpsChannel{origin, url}, nil
}

func (c *httpsChannel) String() string { return c.url }

// private implements channel: the certificate proves the host of the URL.
func (c *httpsChannel) private() bool { return true }

func (c *httpsChannel) exchange(ctx context.Context, q *dns.Msg, _ bool) (*dns.Msg, string, error) {
	const network = "https"
	if err := spend(ctx); err != nil {
		return nil, network, err
	}
	q.Id = 0 // RFC 8484, Section 4.1: caches on the way know the question by its bytes
	packed, err := q.Pack()
	if err != nil {
		return nil, network, fmt.Errorf("packing a question: %w", err)
	}
	resp, err := c.origin.Do(ctx, fetch.Request{
		Method: http.MethodPost, URL: c.url, MediaType: messageType, Accept: messageType, Body: packed,
	}, dns.MaxMsgSize)
	if err != nil {
		return nil, network, err
	}
	m, err := readHTTPS(resp, q)
	return m, network, err
}

// readHTTPS takes the answer out of a response. Only a message with status 200 is
// one: not a page, not a redirect.
func readHTTPS(resp fetch.Response, q *dns.Msg) (*dns.Msg, error) {
	if resp.Status != http.StatusOK {
		return nil, fmt.Errorf("answered HTTP status %d", resp.Status)
	}
	if media, _, err := mime.ParseMediaType(resp.MediaType); err != nil || media != messageType {
		return nil, fmt.Errorf("answered with media type %s, not a DNS message", quote(resp.MediaType))
	}
	m, err := unpack(resp.Body, q)
	if err != nil {
		return nil, err
	}
	if m.Truncated {
		return nil, errors.New("the answer is truncated over HTTPS")
	}
	age(m, resp.Age)
	return m, nil
}

// age takes off the time that caches of HTTP held an answer (RFC 8484, Section
// 5.1). An Age that is no number counts as none, and one that is too large as the
// largest (RFC 9111, Section 1.2.2).
func age(m *dns.Msg, text string) {
	held, _ := strconv.ParseUint(text, 10, 32)
	for _, section := range [][]dns.RR{m.Answer, m.Ns} {
		for _, rr := range section {
			rr.Header().Ttl -= min(rr.Header().Ttl, uint32(held))
		}
	}
}
