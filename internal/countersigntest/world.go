package countersigntest

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// Config configures a World. The zero Config is an empty one.
type Config struct {
	// Zones are records in the form of a master file (RFC 1035, Section 5) with
	// absolute names, to begin with. See [World.AddZone].
	Zones string

	// Now reports the current time, in which certificates and statements are
	// made. Nil means time.Now.
	Now func() time.Time
}

// A World is DNS and HTTPS on loopback. It is safe for concurrent use, and its
// owner closes it.
type World struct {
	now    func() time.Time
	names  *records
	dns    *nameServer
	pages  *pages
	web    *webServer
	ca     *authority
	closed sync.Once
	failed error
}

// New starts a World, on ports that the kernel chooses.
func New(cfg Config) (*World, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	ca, err := newAuthority(cfg.Now())
	if err != nil {
		return nil, fmt.Errorf("making a certificate authority: %w", err)
	}
	w := &World{now: cfg.Now, names: newRecords(), pages: newPages(), ca: ca}
	if err := w.AddZone(cfg.Zones); err != nil {
		return nil, err
	}
	if w.dns, err = serveDNS(w.names); err != nil {
		return nil, fmt.Errorf("starting DNS: %w", err)
	}
	if w.web, err = serveWeb(w.pages, ca); err != nil {
		return nil, errors.Join(fmt.Errorf("starting HTTPS: %w", err), w.dns.close())
	}
	return w, nil
}

// Close stops both servers and waits until they have ended. Later calls return
// what the first did.
func (w *World) Close() error {
	w.closed.Do(func() { w.failed = errors.Join(w.web.close(), w.dns.close()) })
	return w.failed
}

// Resolver returns the address of the DNS server, such as "127.0.0.1:40053". It
// speaks UDP and TCP, and answers with authority for every name there is: it can
// stand for a resolver and for any zone's own server.
func (w *World) Resolver() string { return w.dns.address }

// WebServer returns the address of the HTTPS server, such as "127.0.0.1:40443".
func (w *World) WebServer() string { return w.web.address }

// CA returns the certificate authority of every host.
func (w *World) CA() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(w.ca.certificate)
	return pool
}

// CAPEM returns the certificate authority in PEM.
func (w *World) CAPEM() []byte { return w.ca.pem() }

// ConnectTo moves port 443 of any host to the HTTPS server and port 53 to the
// DNS server, and returns every other "host:port" as it is.
func (w *World) ConnectTo(address string) string {
	_, port, err := net.SplitHostPort(address)
	switch {
	case err != nil:
		return address
	case port == "443":
		return w.web.address
	case port == "53":
		return w.dns.address
	}
	return address
}
