package fetch

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/fc28f635/countersign/verify"
)

// An Origin is the one server that the operator named as the own. It may have a
// private address and any port, which what strangers name may not; all else that
// is special is refused as ever. It is safe for concurrent use.
type Origin struct {
	client       *Client
	scheme, host string
}

// NewOrigin returns the origin of rawURL: scheme, host and port. The scheme is
// https, or with cfg.AllowLoopback http to this machine.
func NewOrigin(cfg Config, rawURL string) (*Origin, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, errors.New("the URL cannot be parsed") // url.Error repeats the URL
	}
	if u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("%s has no plain host", quote(rawURL))
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !cfg.AllowLoopback) {
		return nil, fmt.Errorf("the scheme of %s is not https", quote(rawURL))
	}
	if _, _, err := hostPort(u); err != nil {
		return nil, err
	}
	return &Origin{client: New(cfg), scheme: u.Scheme, host: strings.ToLower(u.Host)}, nil
}

// Has reports whether rawURL is a URL of this origin, and so one to ask.
func (o *Origin) Has(rawURL string) bool {
	u, err := url.Parse(rawURL)
	return err == nil && u.Scheme == o.scheme && strings.EqualFold(u.Host, o.host) && u.User == nil && u.Fragment == ""
}

// A Request is what is sent to an origin.
type Request struct {
	Method    string // GET, POST or DELETE
	URL       string
	Bearer    string // an access token (RFC 6750, Section 2.1), or empty
	MediaType string // of Body
	Accept    string // the media type of the answer; empty means application/json
	Body      []byte

	// Header are further headers, such as those of a signature.
	Header map[string]string
}

// A Response is an answer with any status.
type Response struct {
	Status    int
	Challenge string // WWW-Authenticate (RFC 9110, Section 11.6.1), or empty
	MediaType string // Content-Type as it came, parameters included
	Age       string // how long caches held it (RFC 9111, Section 5.1), or empty
	Body      []byte
	Server    string // the address that was dialled, "ip:port"
}

// Do sends one request and returns the answer, of whatever status and media
// type. Its errors are [*verify.FetchError], Unusable where the answer was
// encoded or larger than limit bytes. What failed with a Server may have been
// carried out all the same.
func (o *Origin) Do(ctx context.Context, r Request, limit int) (Response, error) {
	if !o.Has(r.URL) {
		return Response{}, &verify.FetchError{Refused: true, Err: fmt.Errorf("%s is not at %s", quote(r.URL), o.host)}
	}
	ctx, cancel := context.WithTimeout(ctx, o.client.cfg.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return Response{}, &verify.FetchError{Refused: true, Err: foreign("making the request", err)}
	}
	req.Header.Set("User-Agent", o.client.cfg.UserAgent)
	req.Header.Set("Accept", cmp.Or(r.Accept, "application/json"))
	req.Header.Set("Accept-Encoding", "identity")
	for name, value := range r.Header {
		req.Header.Set(name, value)
	}
	if r.MediaType != "" {
		req.Header.Set("Content-Type", r.MediaType)
	}
	if r.Bearer != "" {
		req.Header.Set("Authorization", "Bearer "+r.Bearer)
	}
	conn, err := o.connect(ctx, req.URL)
	if err != nil {
		return Response{}, err
	}
	defer conn.Close()
	transport := o.client.transport(conn)
	defer transport.CloseIdleConnections()
	server := conn.RemoteAddr().String()
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return Response{}, &verify.FetchError{Server: server, Err: foreign("no answer", err)}
	}
	defer resp.Body.Close()
	return readAny(resp, server, limit)
}

// readAny reads an answer of any status.
func readAny(resp *http.Response, server string, limit int) (Response, error) {
	failure := &verify.FetchError{Status: resp.StatusCode, Server: server}
	if failure.Err = checkEncoding(resp.Header); failure.Err != nil {
		failure.Unusable = true
		return Response{}, failure
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, int64(limit)+1))
	switch {
	case len(body) > limit:
		failure.Unusable, failure.Err = true, fmt.Errorf("the answer is larger than %d bytes", limit)
		return Response{}, failure
	case err != nil:
		failure.Err = foreign("the answer broke off", err)
		return Response{}, failure
	}
	return Response{
		Status: resp.StatusCode, Challenge: resp.Header.Get("WWW-Authenticate"), MediaType: resp.Header.Get("Content-Type"),
		Age: resp.Header.Get("Age"), Body: body, Server: server,
	}, nil
}

// targets returns the addresses to try for this origin, as [Client.targets].
func (o *Origin) targets(ctx context.Context, u *url.URL) ([]netip.AddrPort, func(netip.Addr) error, error) {
	host, port, err := hostPort(u)
	if err != nil {
		return refuse(err)
	}
	permitted := o.permitted
	if o.scheme == "http" {
		permitted = onlyLoopback
		if u.Port() == "" {
			port = 80
		}
	}
	if to, moved := o.client.moved(host, port); moved {
		return o.client.move(to)
	}
	return o.client.resolve(ctx, host, port, permitted)
}

// permitted says whether an address of the operator's own server may be dialled.
func (o *Origin) permitted(addr netip.Addr) error {
	if addr.IsPrivate() && !addr.Is4In6() {
		return o.client.denied(addr)
	}
	return o.client.permitted(addr)
}
