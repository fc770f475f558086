package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// The socket is the operator's alone, goes with the service, and takes the place
// of nothing but a socket that a service left.
func TestSocket(t *testing.T) {
	dir := shortDir(t)
	path := filepath.Join(dir, socketName)
	s, err := startService(t.Context(), smallService(dir))
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Type() != fs.ModeSocket || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, error %v", info.Mode(), err)
	}
	if _, err := startService(t.Context(), smallService(dir)); err == nil {
		t.Error("a second service started on the directory")
	}
	if conn, err := net.Dial("unix", path); err != nil {
		t.Errorf("after another start was refused the socket does not answer: %v", err)
	} else if err := conn.Close(); err != nil {
		t.Error(err)
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after the service ended: %v", err)
	}

	// What a service that was killed left.
	left, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	left.SetUnlinkOnClose(false)
	if err := left.Close(); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := runCommand(t.Context(), "acts", "--data", dir); code != exitOK || !strings.Contains(out, "key_create") {
		t.Errorf("without a service: exit %d, %s%s", code, out, errs)
	}
	t.Setenv("KEY", s.firstKey)
	s = serveTest(t, smallService(dir))
	for _, where := range [][]string{{"--data", dir}, {"--server", s.url(), "--api-key", "env:KEY"}} {
		if code, out, errs := runCommand(t.Context(), append([]string{"acts"}, where...)...); code != exitOK || !strings.Contains(out, "key_create") {
			t.Errorf("with a service: exit %d, %s%s", code, out, errs)
		}
	}
}

// A file in the socket's place stays, and the service does without.
func TestSocketIsTaken(t *testing.T) {
	dir := shortDir(t)
	if s, err := startService(t.Context(), smallService(dir)); err != nil {
		t.Fatal(err)
	} else if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, socketName)
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	serveTest(t, smallService(dir))
	if text, err := os.ReadFile(path); err != nil || string(text) != "mine" {
		t.Errorf("it is %q, %v", text, err)
	}
	code, _, errs := runCommand(t.Context(), "acts", "--data", dir)
	if code != exitFailed || !strings.Contains(errs, "is held by another process") || !strings.Contains(errs, "admin.sock in it must answer") {
		t.Errorf("exit %d, %s", code, errs)
	}
}

// shortDir is a directory whose path leaves room for a socket's.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "cs")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// why ID prints the decision, the page of each reason, and commands that work.
func TestWhyDecision(t *testing.T) {
	dir := shortDir(t)
	s := serveTest(t, smallService(dir))
	decide := func(registration string) issuer.Decision {
		t.Helper()
		_, d, err := postDecision(s.url(), s.firstKey, `{"client":`+registration+`}`)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := decide(goodRegistration)
	why := func(d issuer.Decision, want ...string) string {
		t.Helper()
		code, out, errs := runCommand(t.Context(), "why", d.ID, "--data", dir)
		if code != exitOK {
			t.Fatalf("exit %d, %s", code, errs)
		}
		for _, text := range want {
			if !strings.Contains(out, text) {
				t.Errorf("%q is not in\n%s", text, out)
			}
		}
		return out
	}
	next := why(d, d.ID, "tier        unverified", "countersign clients accept --shape "+string(d.Shape), "countersign hold "+string(d.Shape)+" --data")
	line := next[strings.Index(next, "countersign hold "):]
	words := strings.Fields(line[:strings.Index(line, "\n")])
	if code, _, errs := runCommand(t.Context(), words[1:]...); code != exitOK {
		t.Fatalf("%q: exit %d, %s", words, code, errs)
	}
	held := decide(goodRegistration)
	why(held, "denied: operator_hold", "**Means.** An operator put on hold", "countersign release "+string(d.Shape)+" --data "+dir)
	why(decide(`{"client_name":"Evil","redirect_uris":["javascript:alert(1)"]}`), "redirect_uri_malformed", "Nothing that an operator says lifts this")

	code, out, _ := runCommand(t.Context(), "why", held.ID, "--data", dir, "--json")
	var document struct {
		Decision issuer.Decision
		Reasons  []struct{ Reason metadata.Reason }
		Next     []string
	}
	if err := json.Unmarshal([]byte(out), &document); err != nil || code != exitOK || document.Decision.ID != held.ID ||
		len(document.Reasons) == 0 || document.Reasons[0].Reason != metadata.ReasonOperatorHold || len(document.Next) != 1 {
		t.Errorf("exit %d, %v, %s", code, err, out)
	}
	code, _, errs := runCommand(t.Context(), "why", "d"+strings.Repeat("0", 32), "--data", dir)
	if code != exitFailed || !strings.Contains(errs, "There is no decision with this id") {
		t.Errorf("exit %d, %s", code, errs)
	}
}

// T8: once a hold is told, no decision that is asked for then rests on what was
// before; and what is decided at the same time is one or the other.
func TestHoldWhileDeciding(t *testing.T) {
	s := serveTest(t, smallService(shortDir(t)))
	c, err := metadata.ParseClient([]byte(goodRegistration))
	if err != nil {
		t.Fatal(err)
	}
	const deciders, each = 4, 25
	held := make(chan struct{})
	var group sync.WaitGroup
	for range deciders {
		group.Go(func() {
			for range each {
				told := false
				select {
				case <-held:
					told = true
				default:
				}
				d, err := s.registry.Decide(t.Context(), issuer.Request{Client: &c})
				if err != nil {
					t.Error(err)
					return
				}
				isHeld := d.Outcome == issuer.Denied && d.Tier == issuer.TierBlocked && d.Hold != nil
				isFree := d.Outcome == issuer.Approved && d.Tier == issuer.TierUnverified && d.Hold == nil
				if isHeld == isFree || told && !isHeld {
					t.Errorf("hold told: %t, and %s at tier %s", told, d.Outcome, d.Tier)
				}
			}
		})
	}
	e := issuer.Exception{Subject: metadata.ShapeSubject(metadata.ShapeOf(c)), Actor: "ada", Reason: "test", Until: time.Now().Add(time.Hour)}
	if _, err := s.registry.Except(t.Context(), e); err != nil {
		t.Error(err)
	}
	close(held)
	group.Wait()
}

// What strangers wrote is shown on one line, its control characters escaped.
func TestSheetIsSafe(t *testing.T) {
	var b bytes.Buffer
	s := newSheet(&b, "NAME", "CODES")
	s.line("a\x1b[31m\nb\tc\u202ed", "")
	s.print()
	const want = "NAME                    CODES\n" + `a\x1b[31m\nb\tc\u202ed  -` + "\n"
	if b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}

func TestParseUntil(t *testing.T) {
	now := time.Date(2026, 1, 15, 12, 0, 0, 5, time.UTC)
	for text, want := range map[string]string{
		"2026-03-01T09:00:00+01:00": "2026-03-01T08:00:00Z", "2026-03-01": "2026-03-01T00:00:00Z",
		"7d": "2026-01-22T12:00:00Z", "36h": "2026-01-17T00:00:00Z", "90m": "2026-01-15T13:30:00Z",
	} {
		if got, err := parseUntil(text, now); err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("%q is %s, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "d", "-7d", "0d", "7", "-1h", "0h", "tomorrow", "2026-13-01", "99999999999d", "1w"} {
		if got, err := parseUntil(text, now); err == nil {
			t.Errorf("%q is %s", text, got)
		}
	}
}

// A pin stands for the document in the service, and the decision says whose it is.
func TestPinnedDocument(t *testing.T) {
	const url = "https://acme.example/client.json"
	cfg := smallService(shortDir(t))
	cfg.Lookup.InsecureLoopback = true
	cfg.Lookup.InsecureConnectTo = func(string) string { return "127.0.0.1:1" }
	s := serveTest(t, cfg)
	pin := issuer.Pin{ClientID: url, Actor: "ada", Reason: "outage", Until: time.Now().Add(time.Hour),
		Document: []byte(`{"client_id":"` + url + `","client_name":"Acme","redirect_uris":["https://acme.example/callback"]}`)}
	if _, err := s.registry.Pin(t.Context(), pin); err != nil {
		t.Fatal(err)
	}
	d, err := s.registry.Decide(t.Context(), issuer.Request{ClientID: url})
	if err != nil || d.Outcome != issuer.Approved || d.Tier != issuer.TierDomain {
		t.Fatalf("%s at tier %s for %q, %v", d.Outcome, d.Tier, d.Reason, err)
	}
	for _, f := range d.Findings {
		if f.Check == verify.CheckMetadataDocument && !strings.HasPrefix(f.Evidence.Source, "pinned by ada until ") {
			t.Errorf("%+v", f)
		}
	}
}
