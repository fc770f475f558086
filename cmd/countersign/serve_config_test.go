package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/verify/online"
)

// writeFile writes a file of a test, as its owner's only.
func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// runServeFails runs serve, which must not start, and returns what it said.
func runServeFails(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), append([]string{"serve", "--listen", "127.0.0.1:0"}, args...), nil, &stdout, &stderr); code != exitFailed {
		t.Errorf("exit %d, want %d", code, exitFailed)
	}
	return stderr.String()
}

// endInOrder stops a process in order and returns its log.
func (p *process) endInOrder(t *testing.T) string {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-p.end
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("serve ended with %v", err)
	}
	return p.out.String()
}

// shortPolicy is the embedded policy with other lifetimes.
func shortPolicy(seconds int) string {
	return strings.ReplaceAll(string(issuer.Standard().Source()), "access_token_ttl: 3600", fmt.Sprintf("access_token_ttl: %d", seconds))
}

// The first start writes the embedded policy; from then on the file decides, and
// what is missing or wrong is never replaced.
func TestServePolicyFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("there is no SIGTERM to send")
		return
	}
	dir := filepath.Join(t.TempDir(), "data")
	file := filepath.Join(dir, policyFile)
	first := startProcess(t, "--data", dir)
	log := first.endInOrder(t)
	if !strings.Contains(log, "policy_from=built-in") {
		t.Errorf("the first start does not say that the policy is embedded:\n%s", log)
	}
	written, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(written, issuer.Standard().Source()) {
		t.Fatalf("policy.yaml is %.100q: %v", written, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("policy.yaml: %v, %v", info.Mode(), err)
	}

	writeFile(t, file, shortPolicy(60))
	p := startProcess(t, "--data", dir)
	_, d, err := postDecision(p.url, first.key, `{"client":`+goodRegistration+`}`)
	if err != nil || d.Grant.AccessTokenTTL != 60 || d.Policy == issuer.Standard().Digest() {
		t.Errorf("under policy %s %d seconds: %v", d.Policy, d.Grant.AccessTokenTTL, err)
	}
	log = p.endInOrder(t)
	for _, want := range []string{"policy_from=" + file, "policy_digest=" + d.Policy, "policy_was=" + issuer.Standard().Digest()} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not say %s:\n%s", want, log)
		}
	}
	if now, _ := os.ReadFile(file); string(now) != shortPolicy(60) {
		t.Error("a start has changed policy.yaml")
	}

	var shown, stderr bytes.Buffer
	if code := run(t.Context(), []string{"policy", "show", "--data", dir}, nil, &shown, &stderr); code != exitOK || shown.String() != shortPolicy(60) {
		t.Errorf("policy show: exit %d %s", code, &stderr)
	}

	writeFile(t, file, strings.Replace(shortPolicy(60), "- tier: signed", "- teir: signed", 1))
	if said := runServeFails(t, "--data", dir); !strings.Contains(said, `unknown field "teir"`) || !strings.Contains(said, "^") {
		t.Errorf("P1 a wrong policy: %s", said)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if said := runServeFails(t, "--data", dir); !strings.Contains(said, "is missing, and policy "+d.Policy+" decided here") {
		t.Errorf("P1 a missing policy: %s", said)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("a missing policy was replaced")
	}
	if code := run(t.Context(), []string{"policy", "show", "--data", dir}, nil, &shown, &stderr); code != exitFailed {
		t.Errorf("policy show of none: exit %d", code)
	}
}

// reload sends SIGHUP and returns what is logged of it.
func (p *process) reload(t *testing.T) string {
	t.Helper()
	before := p.out.String()
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	for {
		after := strings.TrimPrefix(p.out.String(), before)
		if strings.Contains(after, "reloaded") && strings.HasSuffix(after, "\n") {
			return after
		}
		time.Sleep(time.Millisecond)
	}
}

// A bad reload changes nothing and says why; a good one takes what can change,
// and names what cannot.
func TestServeReload(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("there is no SIGHUP to send")
		return
	}
	dir := t.TempDir()
	data, file, roots := filepath.Join(dir, "data"), filepath.Join(dir, "countersign.yaml"), filepath.Join(dir, "roots.json")
	key, err := publisherKey()
	if err != nil {
		t.Fatal(err)
	}
	settings := fmt.Sprintf("data: %q\nroots: %q\nauthorization_server: https://as.example\n", data, roots)
	writeFile(t, roots, `{"publishers":{}}`)
	writeFile(t, file, settings)
	p := startProcess(t, "--config", file)
	ask := func() issuer.Decision {
		t.Helper()
		_, d, err := postDecision(p.url, p.key, `{"client":`+goodRegistration+`}`)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	first := ask()
	policy := filepath.Join(data, policyFile)
	for !strings.Contains(p.out.String(), "msg=corroboration") { // beside the listener
		time.Sleep(time.Millisecond)
	}

	for name, change := range map[string]struct{ file, text, want string }{
		"A12 half a file":   {file, settings + "log:\n  lev", "[5:3] "},
		"unknown key":       {file, settings + "lisen: x\n", `[4:1] unknown field`},
		"empty value":       {file, settings + "issuer: \"\"\n", "issuer is empty"},
		"missing roots":     {file, strings.Replace(settings, "roots.json", "none.json", 1), "reading roots"},
		"wrong roots":       {roots, "{", "roots"},
		"P1 wrong policy":   {policy, strings.Replace(shortPolicy(60), "version: 2", "version: 3", 1), "[11:10] version 3, and 2 is known"},
		"P1 missing policy": {file, settings + "policy: none.yaml\n", "no such file"},
		"wrong certificate": {file, settings + "tls: {cert_file: none.pem, key_file: none.pem}\n", "reading the certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			good, err := os.ReadFile(change.file)
			if err != nil {
				t.Fatal(err)
			}
			// The policy and the roots would change too, were it not for the fault.
			if change.file == file {
				writeFile(t, policy, shortPolicy(60))
				defer writeFile(t, policy, string(issuer.Standard().Source()))
			}
			writeFile(t, change.file, change.text)
			defer writeFile(t, change.file, string(good))
			if said := p.reload(t); !strings.Contains(said, "not reloaded") || !strings.Contains(said, change.want) {
				t.Errorf("reloading said %s\nwant %s", said, change.want)
			}
			if d := ask(); d.Policy != first.Policy {
				t.Errorf("after a reload that failed another policy decides: %s", d.Policy)
			}
		})
	}

	writeFile(t, policy, shortPolicy(120))
	writeFile(t, roots, `{"publishers":{"https://acme.example":{"keys":[`+string(key.JWK())+`]}}}`)
	writeFile(t, file, strings.NewReplacer("as.example", "other.example", data, filepath.Join(dir, "other")).Replace(settings)+
		"issuer: https://trust.example\nlog: {level: warn}\n")
	said := p.reload(t)
	for _, want := range []string{"msg=reloaded", "policy_was=" + issuer.Standard().Digest(), "pinned_publishers=1", `needs_restart="[data issuer authorization_server]"`} {
		if !strings.Contains(said, want) {
			t.Errorf("reloading did not say %q: %s", want, said)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "other")); err == nil {
		t.Error("a reload has made another data directory")
	}
	d := ask()
	if d.Grant.AccessTokenTTL != 120 {
		t.Errorf("after the reload %d seconds are granted", d.Grant.AccessTokenTTL)
	}
	writeFile(t, policy, string(issuer.Standard().Source()))
	if said := p.reload(t); !strings.Contains(said, "not reloaded") || !strings.Contains(said, "policy apply FILE --rollback") {
		t.Errorf("P8: reloading an older policy said %s", said)
	}
	if d := ask(); d.Grant.AccessTokenTTL != 120 {
		t.Errorf("P8: an older policy was reloaded: %d seconds are granted", d.Grant.AccessTokenTTL)
	}
	cfg := serviceConfig{AuthorizationServer: "https://as.example"}
	_, d, err = postDecision(p.url, p.key, signedRegistration(t, cfg))
	if err != nil || d.Tier != issuer.TierSigned || d.AuthorizationServer != "https://as.example" {
		t.Errorf("the new pin counts for %s at %s: %v", d.Tier, d.AuthorizationServer, err)
	}
	if log := p.endInOrder(t); strings.Contains(log, d.ID) {
		t.Error("level warn logs what was decided")
	}
}

// What only tests may do is marked, and starts on loopback only, whichever way
// it is set.
func TestServeLoopbackByVariable(t *testing.T) {
	t.Setenv("COUNTERSIGN_ALLOW_LOOPBACK", "true")
	t.Setenv("COUNTERSIGN_CONNECT_TO", "acme.test:443:127.0.0.1:1")
	p := startProcess(t, "--data", t.TempDir(), "--issuer", "https://trust.example", "--authorization-server", "https://as.example")
	_, d, err := postDecision(p.url, p.key, `{"client":`+goodRegistration+`}`)
	if err != nil || !d.Test || d.Countersigned != "" {
		t.Errorf("test %t, countersigned %q: %v", d.Test, d.Countersigned, err)
	}
}

// writePair writes a certificate for localhost and its key.
func writePair(t *testing.T, cert, key string, serial int64, until time.Time) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost", "trust.example"},
		NotBefore: until.Add(-48 * time.Hour), NotAfter: until,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	writeFile(t, key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})))
}

// servedSerial returns the serial number of the certificate that a service
// shows, and how the connection was made.
func servedSerial(t *testing.T, addr string, version uint16) (int64, error) {
	t.Helper()
	conn, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version}) //nolint:gosec // the serial number tells which it is
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64(), nil
}

// The service speaks TLS by itself, and takes a new certificate without a
// restart; a pair that is wrong changes nothing.
func TestServeTLS(t *testing.T) {
	dir := t.TempDir()
	files := pairFiles{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}
	now := time.Now()
	writePair(t, files.cert, files.key, 1, now.Add(24*time.Hour))
	own, err := openCertificate(files, now)
	if err != nil {
		t.Fatal(err)
	}
	cfg := smallService(filepath.Join(dir, "data"))
	cfg.Certificate, cfg.Hosts = own, []string{"trust.example"}
	s := serveTest(t, cfg)
	wantSerial := func(want int64) {
		t.Helper()
		if got, err := servedSerial(t, s.addr, tls.VersionTLS13); err != nil || got != want {
			t.Errorf("certificate %d is shown, want %d: %v", got, want, err)
		}
	}
	wantSerial(1)
	if _, err := servedSerial(t, s.addr, tls.VersionTLS12); err != nil {
		t.Errorf("TLS 1.2: %v", err)
	}
	if _, err := servedSerial(t, s.addr, tls.VersionTLS11); err == nil {
		t.Error("TLS 1.1 is spoken")
	}

	chain, err := os.ReadFile(files.cert)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(chain)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "localhost"}, ForceAttemptHTTP2: true}}
	defer client.CloseIdleConnections()
	for host, want := range map[string]int{s.addr: http.StatusOK, "trust.example": http.StatusOK, "evil.example": http.StatusMisdirectedRequest} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url()+"/healthz", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want || resp.ProtoMajor != 2 {
			t.Errorf("%s with Host %s: %d, want %d", resp.Proto, host, resp.StatusCode, want)
		}
	}

	if err := own.look(now); !errors.Is(err, errUnchanged) {
		t.Errorf("files that did not change: %v", err)
	}
	for name, spoil := range map[string]func(){
		"A12 half a key":    func() { writeFile(t, files.key, "-----BEGIN PRIVATE KEY-----\nMIGH") },
		"A12 another's key": func() { writePair(t, filepath.Join(dir, "other.pem"), files.key, 9, now.Add(time.Hour)) },
		"no certificate":    func() { _ = os.Remove(files.cert) },
		"ended":             func() { writePair(t, files.cert, files.key, 9, now.Add(-time.Hour)) },
		"not yet":           func() { writePair(t, files.cert, files.key, 9, now.Add(96*time.Hour)) },
	} {
		t.Run(name, func(t *testing.T) {
			spoil()
			if err := own.look(now); err == nil || errors.Is(err, errUnchanged) {
				t.Errorf("a pair that is wrong: %v", err)
			}
			if err := own.look(now); !errors.Is(err, errUnchanged) {
				t.Errorf("told again: %v", err)
			}
			wantSerial(1)
		})
	}
	writePair(t, files.cert, files.key, 2, now.Add(24*time.Hour))
	if err := own.look(now); err != nil {
		t.Error(err)
	}
	wantSerial(2)
}

// The files are looked at while the service runs, and SIGHUP takes them too.
func TestServeTLSReload(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("there is no SIGHUP to send")
		return
	}
	dir := t.TempDir()
	file, files := filepath.Join(dir, "countersign.yaml"), pairFiles{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}
	writePair(t, files.cert, files.key, 1, time.Now().Add(24*time.Hour))
	writeFile(t, file, fmt.Sprintf("data: %q\ntls:\n  cert_file: %q\n  key_file: %q\n", filepath.Join(dir, "data"), files.cert, files.key))
	p := startProcess(t, "--config", file)
	addr, overTLS := strings.CutPrefix(p.url, "https://")
	if !overTLS {
		t.Fatalf("listening on %s", p.url)
	}
	writePair(t, files.cert, files.key, 2, time.Now().Add(24*time.Hour))
	if said := p.reload(t); !strings.Contains(said, "msg=reloaded") {
		t.Fatal(said)
	}
	if got, err := servedSerial(t, addr, tls.VersionTLS13); err != nil || got != 2 {
		t.Errorf("certificate %d is shown: %v", got, err)
	}
	writeFile(t, file, fmt.Sprintf("data: %q\n", filepath.Join(dir, "data")))
	if said := p.reload(t); !strings.Contains(said, "needs_restart=[tls]") {
		t.Errorf("turning TLS off: %s", said)
	}
	p.endInOrder(t)
}

func TestCertificateWatch(t *testing.T) {
	dir := t.TempDir()
	files := pairFiles{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}
	writePair(t, files.cert, files.key, 1, time.Now().Add(24*time.Hour))
	own, err := openCertificate(files, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	log := &lockedLog{}
	go own.watch(t.Context(), time.Millisecond, slog.New(slog.NewTextHandler(log, nil)))
	await := func(text string) {
		t.Helper()
		for !strings.Contains(log.String(), text) {
			time.Sleep(time.Millisecond)
		}
	}
	writeFile(t, files.key, "half")
	await("certificate not reloaded")
	if serial := own.current.Load().Leaf.SerialNumber.Int64(); serial != 1 {
		t.Errorf("certificate %d is in use", serial)
	}
	writePair(t, files.cert, files.key, 2, time.Now().Add(24*time.Hour))
	await(`"certificate reloaded"`)
	if serial := own.current.Load().Leaf.SerialNumber.Int64(); serial != 2 {
		t.Errorf("certificate %d is in use", serial)
	}
}

// A certificate that nobody renews is told of before it ends, and once.
func TestCertificateEnds(t *testing.T) {
	dir := t.TempDir()
	files := pairFiles{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}
	end := time.Now().Add(24 * time.Hour).Truncate(time.Second)
	writePair(t, files.cert, files.key, 1, end)
	own, err := openCertificate(files, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		before time.Duration
		want   bool
	}{{certificateNotice + time.Second, false}, {certificateNotice, true}, {time.Hour, false}, {-time.Hour, false}} {
		if got := own.ending(end.Add(-test.before)); got != test.want {
			t.Errorf("%s before its end: %t", test.before, got)
		}
	}
	writePair(t, files.cert, files.key, 2, end.Add(time.Hour))
	if err := own.look(time.Now()); err != nil {
		t.Fatal(err)
	}
	if !own.ending(end) {
		t.Error("of the next one nothing is said")
	}
	log := &lockedLog{}
	own.told = time.Time{}
	go own.watch(t.Context(), time.Millisecond, slog.New(slog.NewTextHandler(log, nil)))
	for !strings.Contains(log.String(), `level=WARN msg="certificate ends"`) {
		time.Sleep(time.Millisecond)
	}
}

// The log says what corroboration was reached and what follows.
func TestTellReach(t *testing.T) {
	for name, test := range map[string]struct {
		lookup online.Config
		want   []string
	}{
		"nobody answers": {online.Config{Resolvers: noResolver}, []string{"level=WARN msg=resolver address=127.0.0.1:1", "connection refused", "operators=0", "no resolver answers over TCP"}},
		"no resolver":    {online.Config{Resolvers: []online.Resolver{{Address: "x"}}}, []string{"level=WARN msg=corroboration error="}},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			tellReach(t.Context(), test.lookup, slog.New(slog.NewTextHandler(&log, nil)))
			for _, want := range test.want {
				if !strings.Contains(log.String(), want) {
					t.Errorf("the log does not say %q:\n%s", want, &log)
				}
			}
		})
	}
	for reached, r := range map[bool]online.Reachability{true: {Fetched: true}, false: {Fetched: true, Documents: errors.New("no route")}} {
		if said := withoutDocuments(r); (said == "") != reached {
			t.Errorf("documents reached %t: %q", reached, said)
		}
	}
	for want, r := range map[string]online.Reachability{
		"no resolver answers over TCP":          {},
		"one operator, which nothing":           {Operators: 1},
		"one operator, which validates DNSSEC":  {Operators: 1, Secure: true},
		"two operators corroborate each other:": {Operators: 2},
	} {
		if got := whatFollows(r); !strings.HasPrefix(got, want) {
			t.Errorf("%+v: %q, want %q", r, got, want)
		}
	}
}
