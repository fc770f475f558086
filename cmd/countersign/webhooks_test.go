package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/fc28f635/countersign/issuer"
)

// A hook is what a receiver of webhooks got.
type hook struct {
	body   []byte
	header http.Header
}

// verified returns the type and the review of a message that somebody else's
// implementation verifies with a secret.
func (h hook) verified(t *testing.T, secret string) (kind, id string) {
	t.Helper()
	theirs, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := theirs.Verify(h.body, h.header); err != nil {
		t.Errorf("%v: %s", err, h.body)
	}
	var e struct {
		Type string `json:"type"`
		Data struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	if err := json.Unmarshal(h.body, &e); err != nil {
		t.Fatal(err)
	}
	return e.Type, e.Data.ID
}

// The service tells a receiver of reviews, and takes a new secret at SIGHUP.
func TestServeTellsOfReviews(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("there is no SIGHUP to send")
		return
	}
	got := make(chan hook, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- hook{body, r.Header}
	}))
	defer receiver.Close()
	dir := shortDir(t)
	config, secretFile, client := filepath.Join(dir, "c.yaml"), filepath.Join(dir, "secret"), filepath.Join(dir, "client.json")
	first, second := "whsec_"+strings.Repeat("A", 32), "whsec_"+strings.Repeat("B", 32)
	writeFile(t, secretFile, first+"\n")
	writeFile(t, client, `{"client_name":"Acme Agent","redirect_uris":["http://127.0.0.1/cb"],"scope":"files.read files.write"}`)
	settings := func(url string) string {
		return fmt.Sprintf("allow_loopback: true\nwebhooks:\n  - url: %s\n    secret_file: %q\n", url, secretFile)
	}
	writeFile(t, config, settings(receiver.URL))
	data := filepath.Join(dir, "d")
	p := startProcess(t, "--config", config, "--data", data)
	ask := func(args ...string) {
		t.Helper()
		if code, out, errs := runCommand(t.Context(), append(args, "--data", data)...); code != exitOK {
			t.Fatalf("%v: exit %d, %s%s", args, code, out, errs)
		}
	}
	ask("decide", client)
	kind, id := (<-got).verified(t, first)
	if kind != "review.pending" || !strings.HasPrefix(id, "r") {
		t.Errorf("told %s of %s", kind, id)
	}

	writeFile(t, secretFile, "whsec_short")
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	p.waitLog(t, "holds no secret")
	writeFile(t, secretFile, second)
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	p.waitLog(t, "msg=reloaded")
	ask("review", "approve", id, "--reason", "known")
	if kind, of := (<-got).verified(t, second); kind != "review.approved" || of != id {
		t.Errorf("told %s of %s", kind, of)
	}
	ask("review", "deny", id, "--reason", "not ours")
	if kind, of := (<-got).verified(t, second); kind != "review.denied" || of != id {
		t.Errorf("told %s of %s", kind, of)
	}
	if log := p.endInOrder(t); strings.Contains(log, first) || strings.Contains(log, second) || !strings.Contains(log, "msg=review ") {
		t.Errorf("the log:\n%s", log)
	}

	// What cannot be told keeps the service from starting.
	for _, url := range []string{"http://hooks.example/", "https://hooks.example:0/"} {
		writeFile(t, config, strings.Replace(settings(url), "allow_loopback: true\n", "", 1))
		if out := runServeFails(t, "--config", config, "--data", data); !strings.Contains(out, "webhooks[0].url") {
			t.Errorf("%s: %s", url, out)
		}
	}
	writeFile(t, config, settings(receiver.URL))
	writeFile(t, secretFile, "hunter2")
	if out := runServeFails(t, "--config", config, "--data", data); !strings.Contains(out, "holds no secret") || strings.Contains(out, "hunter2") {
		t.Errorf("said %s", out)
	}
}

// waitLog waits until the log has a text.
func (p *process) waitLog(t *testing.T, text string) {
	t.Helper()
	const patience = 20 * time.Second
	for end := time.Now().Add(patience); !strings.Contains(p.out.String(), text); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the log does not have %q:\n%s", text, p.out.String())
		}
	}
}

// Two people approve over HTTP, each with a key, where the policy wants two.
func TestTwoPeopleApproveWithTwoKeys(t *testing.T) {
	l := startLive(t)
	two, err := issuer.ParsePolicy([]byte(strings.Replace(string(issuer.Standard().Source()), "approvals: 1", "approvals: 2", 1)))
	if err != nil {
		t.Fatal(err)
	}
	l.service.registry.SetPolicy(two)
	call := func(c *client, method, path, body string) ([]byte, error) {
		return c.call(t.Context(), method, path, []byte(body))
	}
	if _, err := call(l.client, http.MethodPost, decisionsPath, `{"client":{"client_name":"A","redirect_uris":["http://127.0.0.1/cb"],"scope":"a.read a.write"}}`); err != nil {
		t.Fatal(err)
	}
	answer, err := l.client.call(t.Context(), http.MethodGet, reviewsPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Reviews []issuer.Review `json:"reviews"`
	}
	if err := json.Unmarshal(answer, &list); err != nil || len(list.Reviews) != 1 {
		t.Fatalf("%s, %v", answer, err)
	}
	other := *l.client
	answer, err = call(l.client, http.MethodPost, "/v1/keys", `{"name":"bob","role":"operator"}`)
	if err != nil {
		t.Fatal(err)
	}
	var key struct {
		Token string `json:"token"`
	}
	if err := json.Unmarshal(answer, &key); err != nil {
		t.Fatal(err)
	}
	other.key = key.Token
	approve := reviewsPath + "/" + list.Reviews[0].ID + "/approve"
	for _, c := range []struct {
		by    *client
		actor string
		want  string
	}{
		{l.client, "ada", `"state":"pending"`}, {l.client, "bob", "409"}, {&other, "ada", "409"}, {&other, "bob", `"state":"approved"`}, {&other, "carol", "409"},
	} {
		c.by.actor = c.actor
		answer, err := call(c.by, http.MethodPost, approve, `{"reason":"known"}`)
		got := string(answer)
		if refused := (*refusedError)(nil); errors.As(err, &refused) {
			got = fmt.Sprint(refused.status)
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("P6: by %s: %s, want %s", c.actor, got, c.want)
		}
	}
}
