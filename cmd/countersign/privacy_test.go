package main

import (
	"bufio"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestNoCallersAddressIsKept looks for addresses of callers in everything that a
// service leaves behind: docs/privacy.md says that there is none.
func TestNoCallersAddressIsKept(t *testing.T) {
	const peer, proxied, source = "127.0.0.77", "203.0.113.78", "203.0.113.79"
	for _, overTLS := range []bool{false, true} {
		t.Run(map[bool]string{false: "A11 http", true: "A11 https"}[overTLS], func(t *testing.T) {
			log, dir := &lockedLog{}, t.TempDir()
			cfg := smallService(dir)
			cfg.Logger = slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			if overTLS {
				home := t.TempDir()
				files := pairFiles{filepath.Join(home, "cert.pem"), filepath.Join(home, "key.pem")}
				writePair(t, files.cert, files.key, 1, time.Now().Add(24*time.Hour))
				own, err := openCertificate(files, time.Now())
				if err != nil {
					t.Fatal(err)
				}
				cfg.Certificate = own
			}
			s, err := startService(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			for _, request := range []string{
				decisionRequest(s, `{"source":{"ip":"`+source+`"},"client":`+goodRegistration+`}`, proxied),
				decisionRequest(s, `{"client":{"redirect_uris":["javascript:"]}}`, proxied),
				strings.Replace(decisionRequest(s, `{`, proxied), "Content-Length: 1\r\n", "Expect: 100-continue\r\nContent-Length: 100\r\n", 1),
				"GET / HTTP/1.1\r\nHost: elsewhere\r\n\r\n",
				"nonsense\r\n\r\n",
			} {
				ask(t, s.addr, peer, request)
			}
			if err := s.stop(); err != nil {
				t.Fatal(err)
			}
			left := readAll(t, dir)
			left["the log"] = log.String()
			for name, text := range left {
				for _, address := range []string{peer, proxied, source} {
					if i := strings.Index(text, address); i >= 0 {
						t.Errorf("%s has %s: …%.200q", name, address, text[max(0, i-100):])
					}
				}
			}
			if overTLS {
				if !strings.Contains(left["the log"], "TLS handshake error from ADDRESS") {
					t.Errorf("no report of the handshake: the test sees nothing\n%s", left["the log"])
				}
				return
			}
			if !strings.Contains(left["the log"], `"network":"127.0.0.0/24"`) || !strings.Contains(left["the log"], `"status":400`) {
				t.Errorf("the log has no network, or not what broke off:\n%s", left["the log"])
			}
			if found := strings.Join(values(left), ""); strings.Count(found, `"client_name":"Acme Agent"`) < 2 {
				t.Error("the decision is found neither in the store nor in the log: the test sees nothing")
			}
		})
	}
}

// decisionRequest is a request as bytes, with what proxies say of a caller.
func decisionRequest(s *service, body, proxied string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nX-Forwarded-For: %s\r\nForwarded: for=%s\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", decisionsPath, s.addr, s.firstKey, proxied, proxied, len(body), body)
}

// ask sends bytes from an address of this machine, reads a line where one comes,
// and resets the connection: a body that is waited for breaks off.
func ask(t *testing.T, addr, from, request string) {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: 10 * time.Second}
	conn, err := d.DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	_, _ = bufio.NewReader(conn).ReadString('\n')
	_ = conn.(*net.TCPConn).SetLinger(0)
}

// readAll returns the files below a directory, by name.
func readAll(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		files[path] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func values(m map[string]string) (list []string) {
	for _, v := range m {
		list = append(list, v)
	}
	return list
}
