package main

import (
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/access"
	"github.com/fc28f635/countersign/internal/store/badgerstore"
)

// The first start makes a key and tells it once; nothing that is kept has it.
func TestFirstKey(t *testing.T) {
	for name, format := range map[string]string{"A2 on standard error": "text", "A2 on standard output beside a log of JSON": "json"} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			p := startProcess(t, "--data", dir, "--log-format", format)
			if p.key == "" {
				t.Fatalf("no key was printed:\n%s", p.out)
			}
			if _, _, err := postDecision(p.url, p.key, `{"client":`+goodRegistration+`}`); err != nil {
				t.Error(err)
			}
			if _, _, err := postDecision(p.url, "", `{"client":`+goodRegistration+`}`); err == nil {
				t.Error("A2 without a key the service on loopback decides")
			}
			stop(t, p)
			if n := strings.Count(p.out.String(), p.key); n != map[string]int{"text": 1, "json": 0}[format] {
				t.Errorf("standard error has the key %d times:\n%s", n, p.out)
			}
			again := startProcess(t, "--data", dir, "--log-format", format)
			if again.key != "" {
				t.Errorf("a second start printed %s", again.key)
			}
			if _, _, err := postDecision(again.url, p.key, `{"client":`+goodRegistration+`}`); err != nil {
				t.Errorf("after a restart: %v", err)
			}
			stop(t, again)
			secret := p.key[strings.LastIndex(p.key, "_")+1:]
			files, err := filepath.Glob(filepath.Join(dir, "*"))
			if err != nil || len(files) == 0 {
				t.Fatalf("%d files: %v", len(files), err)
			}
			for _, file := range files {
				if data, err := os.ReadFile(file); err == nil && strings.Contains(string(data), secret) {
					t.Errorf("A2 %s has the secret of the key", filepath.Base(file))
				}
			}
		})
	}
}

// stop ends a process in order, where the system can ask it to.
func stop(t *testing.T, p *process) {
	t.Helper()
	if p.cmd.Process.Signal(os.Interrupt) != nil {
		_ = p.cmd.Process.Kill()
		<-p.end
		_ = p.cmd.Wait()
		return
	}
	<-p.end
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("serve ended with %v\n%s", err, p.out)
	}
}

func TestCheckCallers(t *testing.T) {
	const freeBytes = 16 << 20
	store, err := badgerstore.Open(badgerstore.Config{Dir: t.TempDir(), Small: true, MinFreeBytes: freeBytes})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	keys, err := access.Open(t.Context(), store, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	everywhere := []net.Addr{&net.TCPAddr{IP: net.IPv4zero, Port: 8640}, &net.TCPAddr{IP: net.IPv6unspecified}, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1)}}
	here := []net.Addr{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, &net.TCPAddr{IP: net.IPv6loopback}}
	check := func(when string, refused bool) {
		t.Helper()
		for _, addr := range everywhere {
			if err := checkCallers(addr, keys); errors.Is(err, errNoKeyInForce) != refused {
				t.Errorf("A2 %s, %s: %v", when, addr, err)
			}
		}
		for _, addr := range here {
			if err := checkCallers(addr, keys); err != nil {
				t.Errorf("%s, %s: %v", when, addr, err)
			}
		}
	}
	check("without a key", true)
	if _, err := firstKey(t.Context(), keys, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	check("with a key", false)
	for _, key := range keys.List() {
		if _, err := keys.Revoke(t.Context(), key.ID, "ada"); err != nil {
			t.Fatal(err)
		}
	}
	check("where all are revoked", true)
}
