package main

import (
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

// What is accepted is protected from then on, by a service that runs and by one
// that is started on its directory.
func TestAcceptedIsProtected(t *testing.T) {
	dir := t.TempDir()
	s, err := startService(t.Context(), smallService(dir))
	if err != nil {
		t.Fatal(err)
	}
	flagged := func(s *service, host string) bool {
		t.Helper()
		c := metadata.Client{ClientName: "Agent", RedirectURIs: []string{"https://" + host + "/cb"}}
		d, err := s.registry.Decide(t.Context(), issuer.Request{Client: &c, DryRun: true})
		if err != nil {
			t.Fatal(err)
		}
		return slices.Contains(d.Flags, metadata.ReasonNameResemblesProtected)
	}
	if flagged(s, "toolsmtih.com") || !flagged(s, "claude-login.com") {
		t.Error("R18 at the start other than the embedded list is protected")
	}
	now := s.registry.Now()
	a := issuer.Acceptance{Publisher: metadata.MustPublisher("https://toolsmith.com"), By: issuer.ByOperator, Actor: "ada", Reason: "test", At: now, Until: now.Add(time.Hour)}
	if _, err := s.registry.Accept(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	for !flagged(s, "toolsmtih.com") { // taken in beside the act
		time.Sleep(time.Millisecond)
	}
	if flagged(s, "toolsmith.com") {
		t.Error("the accepted publisher itself is flagged")
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	s = serveTest(t, smallService(dir))
	if !flagged(s, "toolsmtih.com") {
		t.Error("R18 after a restart the acceptance is not protected")
	}
	if err := s.registry.Unaccept(t.Context(), a.Publisher, "", issuer.Word{Actor: "ada", Reason: "test"}); err != nil {
		t.Fatal(err)
	}
	for flagged(s, "toolsmtih.com") {
		time.Sleep(time.Millisecond)
	}
}

// A reload takes the operator's list; one that is wrong changes nothing.
func TestProtectedNamesReload(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("there is no SIGHUP to send")
		return
	}
	dir := t.TempDir()
	file, names := filepath.Join(dir, "countersign.yaml"), filepath.Join(dir, "names.yaml")
	writeFile(t, file, "data: "+filepath.Join(dir, "data")+"\nreach_check: false\nprotected_names: "+names+"\n")
	list := func(name string) string { return "names:\n  - name: " + name + "\n    domains: [toolsmith.com]\n" }
	writeFile(t, names, list("Toolsmith"))
	p := startProcess(t, "--config", file)
	flags := func(name string) []metadata.Reason {
		t.Helper()
		_, d, err := postDecision(p.url, p.key, `{"client":{"client_name":"`+name+`","redirect_uris":["https://stranger.com/cb"]}}`)
		if err != nil {
			t.Fatal(err)
		}
		return d.Flags
	}
	if len(flags("Toolsmith Pro")) != 1 || len(flags("Hammer")) != 0 {
		t.Error("R18 at the start the list is not in force")
	}
	writeFile(t, names, list("Hammer")+"  - domain: none\n")
	if said := p.reload(t); !strings.Contains(said, "not reloaded") || !strings.Contains(said, `unknown field`) {
		t.Errorf("a wrong list: %s", said)
	}
	if len(flags("Toolsmith Pro")) != 1 || len(flags("Hammer")) != 0 {
		t.Error("a wrong list has changed what is protected")
	}
	writeFile(t, names, list("Hammer"))
	if said := p.reload(t); !strings.Contains(said, "msg=reloaded") || !strings.Contains(said, "protected_names=1") {
		t.Errorf("a new list: %s", said)
	}
	if len(flags("Toolsmith Pro")) != 0 || len(flags("Hammer")) != 1 {
		t.Error("R18 the new list is not in force")
	}
	p.endInOrder(t)
}
