package main

import (
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// program returns where a program is: brought by scripts/deps, or the system's.
func program(t *testing.T, name string) string {
	t.Helper()
	brought, err := filepath.Abs(filepath.Join("..", "..", ".tools", "bin"))
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range append([]string{brought}, append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin", "/sbin")...) {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path
		}
	}
	t.Fatalf("%s is not here: run scripts/deps", name)
	return ""
}

// startServer runs a server until the test ends. Its output is shown if the test
// failed.
func startServer(t *testing.T, program string, args ...string) *os.Process {
	t.Helper()
	log, err := os.CreateTemp(t.TempDir(), "log")
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("%s: %s", filepath.Base(program), text)
		}
	})
	return cmd.Process
}

// eventually waits until check returns nil.
func eventually(t *testing.T, check func() error) {
	t.Helper()
	var err error
	for range 400 {
		if err = check(); err == nil {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Fatal(err)
}

// freePort returns an address on loopback that is free for UDP and TCP.
func freePort(t *testing.T) string {
	t.Helper()
	for range 20 {
		packets, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listener, err := net.Listen("tcp", packets.LocalAddr().String())
		packets.Close()
		if err == nil {
			listener.Close()
			return packets.LocalAddr().String()
		}
	}
	t.Fatal("no port is free for UDP and TCP")
	return ""
}

func writeText(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// A nameServer is BIND with the zone acme.test, and a resolver in front of it
// that remembers absences for an hour and has the zone elsewhere.test, with the
// key record of the publisher at key.elsewhere.test and another's at
// stranger.elsewhere.test.
type nameServer struct {
	authority, resolver string
	zoneFile            string
	process             *os.Process
	serial              int
	ttl                 int    // of the records, in seconds
	second              bool   // the zone has the name server ns2, too
	moved               string // the name server that the zone names in place of ns, with a trailing dot
}

// strangerRecord is a key record whose private key nobody here has.
const strangerRecord = "v=ck1; kid=theirs; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

func startNameServer(t *testing.T, dir, elsewhere string) *nameServer {
	t.Helper()
	named := program(t, "named")
	s := &nameServer{authority: freePort(t), zoneFile: filepath.Join(dir, "acme.test.zone")}
	s.serial = 1
	writeText(t, s.zoneFile, s.zone(nil))
	_, port, _ := net.SplitHostPort(s.authority)
	s.process = startNamed(t, named, filepath.Join(dir, "authority"), s.authority, "recursion no; dnssec-validation no;",
		fmt.Sprintf("zone \"acme.test\" { type primary; file %q; };", s.zoneFile))
	s.resolver = freePort(t)
	other := filepath.Join(dir, "elsewhere.test.zone")
	writeText(t, other, fmt.Sprintf("$TTL 0\n@ IN SOA ns root 1 3600 600 86400 3600\n@ IN NS ns\nns IN A 192.0.2.53\nkey IN TXT %q\nstranger IN TXT %q\n", elsewhere, strangerRecord))
	startNamed(t, named, filepath.Join(dir, "resolver"), s.resolver,
		fmt.Sprintf("recursion yes; dnssec-validation no; empty-zones-enable no; forward only; forwarders { 127.0.0.1 port %s; };", port),
		fmt.Sprintf("zone \"elsewhere.test\" { type primary; file %q; };", other))
	eventually(t, func() error { return errors.Join(has(t, s.authority, "1"), has(t, s.resolver, "1")) })
	return s
}

func startNamed(t *testing.T, named, dir, address, options, zones string) *os.Process {
	t.Helper()
	_, port, _ := net.SplitHostPort(address)
	conf := filepath.Join(dir, "named.conf")
	writeText(t, conf, fmt.Sprintf(`options {
	directory %q; pid-file none; session-keyfile none; lock-file none;
	listen-on port %s { 127.0.0.1; }; listen-on-v6 { none; };
	allow-query { any; }; notify no; %s
};
controls { };
%s
`, dir, port, options, zones))
	return startServer(t, named, "-g", "-n", "1", "-c", conf)
}

// A txt is a TXT record, its name without trailing dot. Where the text begins
// with alias it is a CNAME record for the name that follows.
type txt struct{ name, text string }

const alias = "CNAME "

func (s *nameServer) zone(records []txt) string {
	text := fmt.Sprintf("$TTL 0\n@ 3600 IN SOA ns root %d 3600 600 86400 3600\n@ IN NS %s\nns IN A 192.0.2.53\nserial IN TXT \"%[1]d\"\n", s.serial, cmp.Or(s.moved, "ns"))
	if s.second {
		text += "@ IN NS ns2\nns2 IN A 192.0.2.54\n"
	}
	for _, r := range records {
		if target, ok := strings.CutPrefix(r.text, alias); ok {
			text += r.name + ". IN CNAME " + target + ".\n"
			continue
		}
		text += fmt.Sprintf("%s. %d IN TXT %q\n", r.name, s.ttl, r.text)
	}
	return text
}

// serve makes records those of the zone, and waits until they are served.
func (s *nameServer) serve(t *testing.T, records []txt) {
	t.Helper()
	s.serial++
	writeText(t, s.zoneFile, s.zone(records))
	newer := time.Now().Add(time.Duration(s.serial) * 2 * time.Second) // BIND compares whole seconds
	if err := os.Chtimes(s.zoneFile, newer, newer); err != nil {
		t.Fatal(err)
	}
	if err := s.process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprint(s.serial)
	hups := 0
	eventually(t, func() error {
		if hups++; hups%40 == 0 { // one during a reload is lost
			_ = s.process.Signal(syscall.SIGHUP)
		}
		return errors.Join(has(t, s.authority, want), has(t, s.resolver, want))
	})
}

func has(t *testing.T, server, want string) error {
	texts, err := lookupTXT(t, server, "serial.acme.test")
	if err == nil && (len(texts) != 1 || texts[0] != want) {
		err = fmt.Errorf("%s has serial %q, want %s", server, texts, want)
	}
	return err
}

func lookupTXT(t *testing.T, server, name string) ([]string, error) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	r := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server)
	}}
	return r.LookupTXT(ctx, name+".")
}

// startWebServer serves dir as https://acme.test with nginx. It returns the
// address and a file with the certificate authority. The files redirect, block,
// page.html and plain in dir/wrong misconfigure it.
func startWebServer(t *testing.T, home, dir string) (address, caFile string) {
	t.Helper()
	nginx := program(t, "nginx")
	address = freePort(t)
	caFile = filepath.Join(home, "ca.pem")
	pool := newCertificate(t, home, "acme.test")
	temp := ""
	for _, name := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		temp += fmt.Sprintf("\t%s_temp_path %q;\n", name, filepath.Join(home, name))
	}
	conf := filepath.Join(home, "nginx.conf")
	writeText(t, conf, fmt.Sprintf(`daemon off;
master_process off;
pid %q;
error_log stderr;
events { }
http {
	access_log off;
%s	types { text/html html; application/json json; }
	server {
		listen %s ssl;
		server_name acme.test;
		ssl_certificate %q;
		ssl_certificate_key %q;
		root %q;
		default_type text/plain;
		if (-f $document_root/wrong/redirect) { return 302 https://www.acme.test$request_uri; }
		if (-f $document_root/wrong/block) { return 403; }
		if (-f $document_root/wrong/page.html) { rewrite ^ /wrong/page.html break; }
		if (-f $document_root/wrong/plain) { rewrite ^ /wrong/plain break; }
		location /moved/ { return 301 https://www.acme.test$request_uri; }
	}
}
`, filepath.Join(home, "nginx.pid"), temp, address, filepath.Join(home, "cert.pem"), filepath.Join(home, "key.pem"), dir))
	startServer(t, nginx, "-p", home, "-c", conf)
	eventually(t, func() error {
		conn, err := tls.Dial("tcp", address, &tls.Config{ServerName: "acme.test", RootCAs: pool})
		if err == nil {
			conn.Close()
		}
		return err
	})
	return address, caFile
}

// newCertificate writes ca.pem, cert.pem and key.pem to dir.
func newCertificate(t *testing.T, dir, host string) *x509.CertPool {
	t.Helper()
	caKey, leafKey := newECKey(t), newECKey(t)
	now := time.Now()
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour)}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour)}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, caKey.Public(), caKey)
	if err != nil {
		t.Fatal(err)
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, ca, leafKey.Public(), caKey)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(leafKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"ca.pem":   {Type: "CERTIFICATE", Bytes: caDER},
		"cert.pem": {Type: "CERTIFICATE", Bytes: leafDER},
		"key.pem":  {Type: "PRIVATE KEY", Bytes: keyDER},
	} {
		writeText(t, filepath.Join(dir, name), string(pem.EncodeToMemory(block)))
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caDER}))
	return pool
}

func newECKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// parseZoneLine reads a line as init prints it.
func parseZoneLine(t *testing.T, line string) txt {
	t.Helper()
	name, text, ok := strings.Cut(line, ". IN TXT ")
	if !ok {
		t.Fatalf("%q is no TXT line", line)
	}
	return txt{name, strings.Trim(strings.ReplaceAll(text, `" "`, ""), `"`)}
}
