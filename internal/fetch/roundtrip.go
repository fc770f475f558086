package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"

	"github.com/fc28f635/countersign/verify"
)

// RoundTrip implements [http.RoundTripper], for a library that speaks HTTP by
// itself: the request goes to this origin over a connection of its own, which is
// dialled as for [Origin.Do], and the answer is returned while it arrives.
// Connecting takes at most the timeout. How long and how large the answer may be
// is for the caller to bound, and that redirects are not followed. Errors before
// the answer's body are [*verify.FetchError].
func (o *Origin) RoundTrip(req *http.Request) (*http.Response, error) {
	fail := func(err error) (*http.Response, error) {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, err
	}
	if !o.Has(req.URL.String()) {
		return fail(&verify.FetchError{Refused: true, Err: fmt.Errorf("%s is not at %s", quote(req.URL.String()), o.host)})
	}
	conn, err := o.connect(req.Context(), req.URL)
	if err != nil {
		return fail(err)
	}
	transport := o.client.transport(conn)
	release := func() {
		transport.CloseIdleConnections()
		_ = conn.Close()
	}
	req = req.Clone(req.Context())
	req.Header.Set("User-Agent", o.client.cfg.UserAgent)
	req.Header.Set("Accept-Encoding", "identity")
	resp, err := transport.RoundTrip(req)
	if err != nil {
		release()
		return nil, &verify.FetchError{Server: conn.RemoteAddr().String(), Err: foreign("no answer", err)}
	}
	resp.Body = &arriving{resp.Body, release}
	if err := checkEncoding(resp.Header); err != nil {
		_ = resp.Body.Close()
		return nil, &verify.FetchError{Server: conn.RemoteAddr().String(), Status: resp.StatusCode, Unusable: true, Err: err}
	}
	return resp, nil
}

// connect dials the server of u, a URL of this origin, within the timeout.
func (o *Origin) connect(ctx context.Context, u *url.URL) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, o.client.cfg.Timeout)
	defer cancel()
	targets, permitted, err := o.targets(ctx, u)
	if err != nil {
		return nil, err
	}
	return connect(ctx, targets, permitted)
}

// An arriving body ends its connection when it is closed.
type arriving struct {
	io.ReadCloser
	release func()
}

// Read implements [io.Reader].
func (a *arriving) Read(p []byte) (int, error) {
	n, err := a.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = foreign("the answer broke off", err)
	}
	return n, err
}

// Close implements [io.Closer].
func (a *arriving) Close() error {
	err := a.ReadCloser.Close()
	a.release()
	return err
}
