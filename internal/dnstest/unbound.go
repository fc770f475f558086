package dnstest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// ResolverName is what the certificate of every [Resolver] proves.
const ResolverName = "resolver.test"

// A Resolver is unbound, which validates and remembers.
type Resolver struct {
	Plain netip.AddrPort // over UDP and TCP
	TLS   netip.AddrPort // DNS over TLS
	HTTPS netip.AddrPort // DNS over HTTPS, at any path that ends with /dns-query
	CA    *x509.CertPool // of the certificate
}

// Resolver runs a resolver that asks upstream, which is n's authority or stands
// before it, until the test ends. It trusts the keys of n's zones, and knows of no
// other zone.
func (n *Network) Resolver(t testing.TB, upstream netip.AddrPort) Resolver {
	t.Helper()
	return n.resolver(t, upstream, fmt.Sprintf("\ttrust-anchor-file: %q\n", n.anchors))
}

// ResolverWithoutAnchors runs one that has the validator and nothing to trust.
func (n *Network) ResolverWithoutAnchors(t testing.TB, upstream netip.AddrPort) Resolver {
	t.Helper()
	return n.resolver(t, upstream, "")
}

func (n *Network) resolver(t testing.TB, upstream netip.AddrPort, anchors string) Resolver {
	t.Helper()
	r := Resolver{Plain: FreePort(t), TLS: FreePort(t), HTTPS: FreePort(t)}
	n.started++
	dir := filepath.Join(n.dir, fmt.Sprintf("resolver%d", n.started))
	mkdir(t, dir)
	r.CA = newCertificate(t, dir)
	var zones, stubs strings.Builder
	for _, zone := range n.zones {
		fmt.Fprintf(&zones, "\tlocal-zone: \"%s.\" transparent\n", zone.Name)
		fmt.Fprintf(&stubs, "stub-zone:\n\tname: \"%s.\"\n\tstub-addr: %s@%d\n\tstub-no-cache: yes\n", zone.Name, upstream.Addr(), upstream.Port())
	}
	conf := filepath.Join(dir, "unbound.conf")
	write(t, conf, fmt.Sprintf(`server:
	directory: %q
	chroot: ""
	username: ""
	pidfile: ""
	use-syslog: no
	logfile: ""
	verbosity: 1
	val-log-level: 2
	do-daemonize: no
	do-ip6: no
	num-threads: 1
	interface: 127.0.0.1@%d
	interface: 127.0.0.1@%d
	interface: 127.0.0.1@%d
	tls-port: %d
	https-port: %d
	tls-service-key: "key.pem"
	tls-service-pem: "certificate.pem"
	outgoing-interface: 127.0.0.1
	do-not-query-localhost: no
	module-config: "validator iterator"
	val-nsec3-keysize-iterations: "1024 50 2048 50 4096 50"
%s	local-zone: "." refuse
%sremote-control:
	control-enable: no
%s`, dir, r.Plain.Port(), r.TLS.Port(), r.HTTPS.Port(), r.TLS.Port(), r.HTTPS.Port(), anchors, zones.String(), stubs.String()))
	start(t, dir, "unbound", "-d", "-c", conf)
	await(t, r.Plain, n.zones[0].Name)
	return r
}

// newCertificate writes a certificate for [ResolverName] and its key into dir.
func newCertificate(t testing.TB, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{ResolverName},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "certificate.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	write(t, filepath.Join(dir, "key.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(certificate)
	return pool
}
