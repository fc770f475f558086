package fetch

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fc28f635/countersign/verify"
)

// TestMain names a proxy that does not answer before net/http reads the
// environment, which it does once: with a proxy, every test would fail.
func TestMain(m *testing.M) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"} {
		os.Setenv(name, deadProxy)
	}
	os.Unsetenv("NO_PROXY")
	os.Unsetenv("no_proxy")
	goleak.VerifyTestMain(m)
}

const deadProxy = "http://127.0.0.1:1"

// An authority issues certificates for servers on loopback.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	pool *x509.CertPool
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	key := newKey(t)
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(48 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{key: key, pool: x509.NewCertPool()}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.pool.AddCert(a.cert)
	return a
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// issue makes a certificate for name that ends at the time given.
func (a *authority) issue(t testing.TB, name string, end time.Time) tls.Certificate {
	t.Helper()
	key := newKey(t)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(2), DNSNames: []string{name},
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: end,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, a.cert, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

const (
	testHost = "pub.test"
	testURL  = "https://pub.test/doc.json"
	testDoc  = `{"a":1}`
)

// connectTo moves every connection to address.
func connectTo(address string) func(string) string {
	return func(string) string { return address }
}

// serve runs a server for pub.test and returns a client that is moved to it.
func serve(t *testing.T, h http.HandlerFunc) *Client {
	t.Helper()
	return serveTLS(t, h, func(*tls.Config) {}, Config{})
}

func serveTLS(t *testing.T, h http.HandlerFunc, adjust func(*tls.Config), cfg Config) *Client {
	t.Helper()
	a := newAuthority(t)
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = nil
	s.TLS = &tls.Config{Certificates: []tls.Certificate{a.issue(t, testHost, time.Now().Add(time.Hour))}}
	adjust(s.TLS)
	s.Config.ErrorLog = discardLog
	s.StartTLS()
	t.Cleanup(s.Close)
	cfg.AllowLoopback, cfg.RootCAs = true, a.pool
	cfg.ConnectTo = connectTo(s.Listener.Addr().String())
	return New(cfg)
}

// serveRaw answers every TLS connection with bytes, after the request's header.
func serveRaw(t *testing.T, answer string) *Client {
	t.Helper()
	return serveConn(t, Config{}, func(c net.Conn) { _, _ = io.WriteString(c, answer) })
}

func serveConn(t *testing.T, cfg Config, answer func(net.Conn)) *Client {
	t.Helper()
	a := newAuthority(t)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{a.issue(t, testHost, time.Now().Add(time.Hour))},
	})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
				answer(c)
			}
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	cfg.AllowLoopback, cfg.RootCAs = true, a.pool
	cfg.ConnectTo = connectTo(l.Addr().String())
	return New(cfg)
}

// document answers with the test document and the header given, in pairs.
func document(header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		_, _ = io.WriteString(w, testDoc)
	}
}

// mustFail fetches and returns the error, which must be a FetchError.
func mustFail(t *testing.T, c *Client, url string) *verify.FetchError {
	t.Helper()
	res, err := c.Fetch(context.Background(), url, 5120)
	var failure *verify.FetchError
	if !errors.As(err, &failure) {
		t.Fatalf("got %q, %v, want a FetchError", res.Body, err)
	}
	if res.Body != nil || res.Fresh != 0 || res.Server != "" {
		t.Errorf("resource %+v beside an error", res)
	}
	return failure
}

// to returns a LookupAddrs that always answers with addrs, and counts.
func to(calls *int, addrs ...string) func(context.Context, string) ([]netip.Addr, error) {
	return func(context.Context, string) ([]netip.Addr, error) {
		*calls++
		var out []netip.Addr
		for _, a := range addrs {
			out = append(out, netip.MustParseAddr(a))
		}
		return out, nil
	}
}

func contains(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want one with %q", err, want)
	}
}
