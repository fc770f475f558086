package main

import (
	"bytes"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Where decide takes the API key from, and where not.
func TestAPIKeyFlag(t *testing.T) {
	s := serveTest(t, smallService(t.TempDir()))
	good := keyFile(t, s)
	file := func(text string) string {
		name := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	t.Setenv("COUNTERSIGN_TEST_KEY", s.firstKey)
	t.Setenv("COUNTERSIGN_TEST_EMPTY", "")
	for _, test := range []struct {
		name  string
		flags []string
		code  int
		want  string // of standard error
	}{
		{"A2 a file", []string{"--server", s.url(), "--api-key", good}, exitOK, ""},
		{"A2 a variable", []string{"--server", s.url(), "--api-key", "env:COUNTERSIGN_TEST_KEY"}, exitOK, ""},
		{"A2 the variable again: it was removed", []string{"--server", s.url(), "--api-key", "env:COUNTERSIGN_TEST_KEY"}, exitFailed, "holds no API key"},
		{"A2 an empty variable", []string{"--server", s.url(), "--api-key", "env:COUNTERSIGN_TEST_EMPTY"}, exitFailed, "holds no API key"},
		{"A2 an empty file", []string{"--server", s.url(), "--api-key", file("\n")}, exitFailed, "holds no API key"},
		{"A2 a file of something else", []string{"--server", s.url(), "--api-key", file("secret-of-another")}, exitFailed, "holds no API key"},
		{"A2 two keys in a file", []string{"--server", s.url(), "--api-key", file(s.firstKey + "\n" + s.firstKey)}, exitFailed, "holds no API key"},
		{"A2 a file that is not there", []string{"--server", s.url(), "--api-key", "missing"}, exitFailed, "countersign: hint: --api-key takes a file that holds the key"},
		{"A2 the key itself", []string{"--server", s.url(), "--api-key", s.firstKey}, exitUsage, "seen by every program on this machine"},
		{"A2 the key itself behind env:", []string{"--server", s.url(), "--api-key", "env:" + s.firstKey}, exitUsage, "seen by every program on this machine"},
		{"A2 no key", []string{"--server", s.url()}, exitFailed, "countersign: hint: --api-key FILE"},
		{"A2 a wrong key", []string{"--server", s.url(), "--api-key", file("csk_0000000000000000_" + strings.Repeat("0", 64))}, exitFailed, "access_token_invalid"},
		{"A2 http to another machine", []string{"--server", "http://192.0.2.1:1", "--api-key", good}, exitUsage, "use https"},
		{"A2 http to a name that begins alike", []string{"--server", "http://localhost.example:1", "--api-key", good}, exitUsage, "use https"},
		{"both ways at once", []string{"--server", s.url(), "--data", "data"}, exitUsage, "leave out --server"},
		{"a socket that is not there", []string{"--data", t.TempDir()}, exitFailed, "countersign serve --data DIR starts one"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			args := append(append([]string{"decide"}, test.flags...), "-")
			if code := run(t.Context(), args, strings.NewReader(goodRegistration), &stdout, &stderr); code != test.code {
				t.Errorf("exit %d, want %d\n%s%s", code, test.code, &stdout, &stderr)
			}
			if !strings.Contains(stderr.String(), test.want) {
				t.Errorf("it does not say %q:\n%s", test.want, &stderr)
			}
			if strings.Contains(stdout.String()+stderr.String(), s.firstKey) || strings.Contains(stderr.String(), "secret-of-another") {
				t.Errorf("it prints the key:\n%s%s", &stdout, &stderr)
			}
		})
	}
}

// A service with a certificate of one's own is asked where its authority is named.
func TestDecideTrustsCAFile(t *testing.T) {
	dir := t.TempDir()
	files := pairFiles{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}
	now := time.Now()
	writePair(t, files.cert, files.key, 1, now.Add(time.Hour))
	other := filepath.Join(dir, "other.pem")
	writePair(t, other, filepath.Join(dir, "otherkey.pem"), 2, now.Add(time.Hour))
	own, err := openCertificate(files, now)
	if err != nil {
		t.Fatal(err)
	}
	cfg := smallService(filepath.Join(dir, "data"))
	cfg.Certificate = own
	s := serveTest(t, cfg)
	_, port, err := net.SplitHostPort(s.addr)
	if err != nil {
		t.Fatal(err)
	}
	server, key := "https://localhost:"+port, keyFile(t, s)
	for _, test := range []struct {
		name  string
		flags []string
		code  int
		want  string // of standard error
	}{
		{"the authority", []string{"--api-key", key, "--server", server, "--ca-file", files.cert}, exitOK, ""},
		{"the system's", []string{"--api-key", key, "--server", server}, exitFailed, "countersign: hint: --ca-file PEM names the authority"},
		{"another authority", []string{"--api-key", key, "--server", server, "--ca-file", other}, exitFailed, "is not trusted"},
		{"a name that is not in it", []string{"--api-key", key, "--server", "https://127.0.0.1:" + port, "--ca-file", files.cert}, exitFailed, "is not trusted"},
		{"none in the file", []string{"--api-key", key, "--server", server, "--ca-file", files.key}, exitFailed, "--ca-file takes certificates in PEM"},
		{"http", []string{"--api-key", key, "--server", "http://localhost:" + port, "--ca-file", files.cert}, exitUsage, "--ca-file is for https"},
		{"the socket", []string{"--data", dir, "--ca-file", files.cert}, exitUsage, "leave out --server"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			args := append(append([]string{"decide"}, test.flags...), "-")
			if code := run(t.Context(), args, strings.NewReader(goodRegistration), &stdout, &stderr); code != test.code || !strings.Contains(stderr.String(), test.want) {
				t.Errorf("exit %d, want %d and %q\n%s%s", code, test.code, test.want, &stdout, &stderr)
			}
		})
	}
}

// Over a socket no key is sent; a redirect does not get one either.
func TestClientTransports(t *testing.T) {
	dir := t.TempDir()
	listener, err := net.Listen("unix", filepath.Join(dir, socketName))
	if err != nil {
		t.Fatal(err)
	}
	var asked []string
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.Path+" "+r.Header.Get("Authorization"))
		_, _ = w.Write([]byte(`{"id":"d0","outcome":"approved","tier":"domain","binding":"web"}`))
	}))
	_ = server.Listener.Close()
	server.Listener = listener
	server.Start()
	defer server.Close()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"decide", "--data", dir, "-"}, strings.NewReader(goodRegistration), &stdout, &stderr); code != exitOK {
		t.Errorf("exit %d\n%s", code, &stderr)
	}
	if len(asked) != 1 || asked[0] != "POST /v1/decisions " {
		t.Errorf("A2 asked %q", asked)
	}
}
