package mcptools

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"github.com/fc28f635/countersign/internal/fetch"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/verify"
)

// A road is the way to one server. It bounds the answers together, adds the
// access token, and remembers the first failure that the protocol library would
// tell less of.
type road struct {
	origin *fetch.Origin
	bearer string

	mu     sync.Mutex
	read   int
	failed error
}

// RoundTrip implements [http.RoundTripper].
func (r *road) RoundTrip(req *http.Request) (*http.Response, error) {
	if r.bearer != "" {
		req = req.Clone(req.Context())
		req.Header.Set("Authorization", "Bearer "+r.bearer)
	}
	resp, err := r.origin.RoundTrip(req)
	if err != nil {
		var failure *verify.FetchError
		if req.Context().Err() == nil && errors.As(err, &failure) {
			r.fail(err)
		}
		return nil, err
	}
	switch resp.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		r.fail(fmt.Errorf("%w: it answered %d", ErrUnauthorized, resp.StatusCode))
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		r.fail(fmt.Errorf("the server answered %d: redirects are not followed", resp.StatusCode))
	}
	resp.Body = &counted{resp.Body, r}
	return resp, nil
}

// fail remembers the first failure.
func (r *road) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failed == nil {
		r.failed = err
	}
}

func (r *road) failure() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

// spend counts bytes that were read, and fails beyond the limit.
func (r *road) spend(n int) error {
	r.mu.Lock()
	r.read += n
	over := r.read > limits.ToolListBytes
	r.mu.Unlock()
	if !over {
		return nil
	}
	err := fmt.Errorf("the server's answers are larger than %d bytes", limits.ToolListBytes)
	r.fail(err)
	return err
}

// A counted body is charged to its road.
type counted struct {
	io.ReadCloser
	road *road
}

// Read implements [io.Reader].
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	if over := c.road.spend(n); over != nil {
		return 0, over
	}
	return n, err
}
