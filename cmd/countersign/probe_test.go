package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/internal/peertest"
	"github.com/fc28f635/countersign/internal/probe"
	"github.com/fc28f635/countersign/verify/online"
)

// TestProbeCommand probes real servers as an operator does.
func TestProbeCommand(t *testing.T) {
	probing := func(t *testing.T, args ...string) (code int, stdout, stderr string) {
		t.Helper()
		var out, err bytes.Buffer
		code = run(t.Context(), append([]string{"probe", "--allow-loopback"}, args...), strings.NewReader(""), &out, &err)
		return code, out.String(), err.String()
	}
	open := peertest.OIDCProvider(t, "unmanaged")
	t.Run("for people", func(t *testing.T) {
		code, stdout, stderr := probing(t, open, "--register")
		for _, want := range []string{"grade      D\n", "mend: let the server decide the scope", "16 clients were registered, 16 could not be removed."} {
			if !strings.Contains(stdout, want) {
				t.Errorf("no %q in\n%s", want, stdout)
			}
		}
		if code != exitRejected || !strings.Contains(stderr, "looking at forged_statement\n") || strings.Count(stderr, "warning: not removed: ") != 16 {
			t.Errorf("exit %d, stderr %s", code, stderr)
		}
	})
	t.Run("JSON", func(t *testing.T) {
		code, stdout, _ := probing(t, open, "--register", "--json")
		var r struct {
			Grade    probe.Grade  `json:"grade"`
			Left     []probe.Left `json:"left"`
			Findings []struct {
				Check    probe.Check      `json:"check"`
				Evidence []probe.Exchange `json:"evidence"`
			} `json:"findings"`
		}
		if err := json.Unmarshal([]byte(stdout), &r); err != nil || code != exitRejected || r.Grade != "D" || len(r.Left) != 16 || r.Left[0].ClientID == "" {
			t.Fatalf("exit %d, %v: %s", code, err, stdout)
		}
		for _, f := range r.Findings {
			if len(f.Evidence) == 0 {
				t.Errorf("%s has no evidence", f.Check)
			}
		}
	})
	t.Run("metadata only", func(t *testing.T) {
		code, stdout, _ := probing(t, open)
		if code != exitOK || !strings.Contains(stdout, "grade      none: registration was not looked at\n") || strings.Contains(stdout, "registered,") {
			t.Errorf("exit %d: %s", code, stdout)
		}
	})
	t.Run("nothing found", func(t *testing.T) {
		t.Setenv("INITIAL_TOKEN", peertest.Token)
		code, stdout, _ := probing(t, peertest.OIDCProvider(t, "strict"), "--register", "--token", "env:INITIAL_TOKEN")
		if code != exitOK || !strings.Contains(stdout, "grade      A\n") || !strings.Contains(stdout, "0 could not be removed") {
			t.Errorf("exit %d: %s", code, stdout)
		}
	})
	t.Run("something could not be looked at", func(t *testing.T) {
		code, stdout, _ := probing(t, open, "--register", "--registration-endpoint", open+"/nothing-here")
		if code != exitFailed || !strings.Contains(stdout, "unavailable") {
			t.Errorf("exit %d: %s", code, stdout)
		}
	})
}

// TestProbeAsksTheResolver names a resolver: the question for the server's address
// goes there.
func TestProbeAsksTheResolver(t *testing.T) {
	resolver, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer resolver.Close()
	ctx, cancel := context.WithCancel(t.Context())
	asked := make(chan error, 1)
	go func() {
		cfg := ownFetch(online.Config{Resolvers: []online.Resolver{{Address: resolver.LocalAddr().String()}}})
		_, err := cfg.LookupAddrs(ctx, "as.example")
		asked <- err
	}()
	question := make([]byte, 512)
	n, _, err := resolver.ReadFrom(question)
	if err != nil || !bytes.Contains(question[:n], []byte("\x02as\x07example\x00")) {
		t.Errorf("asked %q, %v", question[:n], err)
	}
	cancel()
	if err := <-asked; err == nil {
		t.Error("an address without an answer")
	}
}
