// Package probe looks for the holes of an authorization server that is the
// operator's own: call [Run] with its issuer identifier and print the [Report].
//
// A probe speaks to one server, the origin of the issuer identifier, and to no
// other that the server names. It reads the server's metadata; with
// [Config.Register] it also registers clients as a stranger would, looks at what
// the server made of them, and removes them. It is bounded in requests, time and
// bytes (package limits). What could not be looked at never counts as passed.
package probe

import (
	"context"
	"errors"
	"net/netip"
	"net/url"
	"time"

	"github.com/fc28f635/countersign/internal/fetch"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/verify"
)

// Config configures a probe. The zero Config reads metadata over https only.
type Config struct {
	// Fetch is how the server is reached. The server's own address may be
	// private; http needs AllowLoopback.
	Fetch fetch.Config

	// Register permits the probe to register clients and to remove them.
	Register bool

	// RegistrationEndpoint is where clients register. Empty means where the
	// metadata says: some servers have one and do not announce it.
	RegistrationEndpoint string

	// Token is an initial access token (RFC 7591, Section 1.2) by which to look
	// behind a registration that is closed to strangers. Empty has none.
	Token string

	// Listen is the address at which the probe listens for a fetch of jwks_uri.
	// Empty means a free port of 127.0.0.1.
	Listen string

	// Now reports the current time. It is required.
	Now func() time.Time

	// Progress is told each check before it begins. Nil tells nobody.
	Progress func(Check)
}

// CheckIssuer returns an error where issuer is no issuer identifier: an https URL
// without query and fragment (RFC 8414, Section 2), or with loopback an http one.
func CheckIssuer(issuer string, loopback bool) error {
	u, err := url.Parse(issuer)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Opaque != "":
		return errors.New("it is no URL such as https://as.example")
	case u.Scheme != "https" && u.Scheme != "http", u.Scheme == "http" && !loopback:
		return errors.New("its scheme is not https")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return errors.New("it has a query or a fragment")
	}
	return nil
}

// Run probes the authorization server with this issuer identifier. An error means
// that nothing could be looked at: the server does not answer, or publishes no
// metadata of its own. What it made and could not remove is in the report, also
// when ctx ends.
func Run(ctx context.Context, cfg Config, issuer string) (*Report, error) {
	if cfg.Progress == nil {
		cfg.Progress = func(Check) {}
	}
	origin, err := fetch.NewOrigin(cfg.Fetch, issuer)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, limits.ProbeTime)
	defer cancel()
	s := &session{
		cfg: cfg, origin: origin, issuer: issuer,
		report: &Report{MediaType: MediaType, Issuer: issuer, At: cfg.Now().UTC().Truncate(time.Second), Left: []Left{}},
	}
	if s.server, err = s.discover(ctx); err != nil {
		return nil, err
	}
	if cfg.RegistrationEndpoint != "" {
		s.server.Registration = cfg.RegistrationEndpoint
	}
	if s.key, err = newKey(); err != nil {
		return nil, err
	}
	for _, c := range checks {
		cfg.Progress(c.name)
		f := c.look(ctx, s)
		f.Check = c.name
		if f.Status == verify.Failed {
			f.Mend, f.Countersign = c.mend, c.countersign
		} else {
			f.Severity = ""
		}
		s.report.Findings = append(s.report.Findings, f)
	}
	s.report.conclude()
	return s.report, nil
}

// A session is one probe under way.
type session struct {
	cfg    Config
	origin *fetch.Origin
	issuer string
	server server
	key    *key
	report *Report

	closed  string // why no client can be registered, empty where one can
	bearer  string // the token that registers, empty where none is needed
	remote  bool   // the server is on another machine
	limited bool   // the server answered 429
}

// do sends a request to the server.
func (s *session) do(ctx context.Context, r fetch.Request) (fetch.Response, error) {
	resp, err := s.origin.Do(ctx, r, limits.ProbeAnswerBytes)
	if at, bad := netip.ParseAddrPort(resp.Server); bad == nil {
		s.remote = !at.Addr().IsLoopback()
	}
	return resp, err
}
