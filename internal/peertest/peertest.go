// Package peertest runs real servers for tests: call [OIDCProvider] or [Hydra], or
// [Everything] for an MCP server. scripts/peers brings them; where they are not
// there the test fails and says so.
package peertest

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Token is the initial access token of an oidc-provider in mode strict.
const Token = "an-initial-access-token-for-tests"

// OIDCProvider runs oidc-provider in a mode that
// integrations/oidc-provider/server.js describes, until the test ends. It returns
// the issuer identifier.
func OIDCProvider(t testing.TB, mode string) string {
	t.Helper()
	dir := filepath.Join(root(t), "integrations", "oidc-provider")
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "oidc-provider")); err != nil {
		t.Fatal("oidc-provider is not here: run scripts/peers")
	}
	cmd := exec.Command(program(t, "node"), "server.js", mode)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "INITIAL_ACCESS_TOKEN="+Token)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	start(t, cmd)
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("oidc-provider said nothing: %v", err)
	}
	return strings.TrimSpace(strings.TrimPrefix(line, "listening on "))
}

// Hydra runs Ory Hydra with dynamic client registration and everything in memory,
// until the test ends. Announce says whether the metadata names the registration
// endpoint, which is at /oauth2/register all the same. It returns the issuer
// identifier.
func Hydra(t testing.TB, announce bool) string {
	t.Helper()
	host, port := "127.0.0.1", freePort(t)
	issuer := fmt.Sprintf("http://%s:%d", host, port)
	config := fmt.Sprintf(`dsn: memory
log: {level: error}
serve: {public: {host: %s, port: %d}}
urls: {self: {issuer: %q}, login: %q, consent: %q}
secrets: {system: [only-for-tests-only-for-tests]}
oidc: {dynamic_client_registration: {enabled: true, default_scope: [openid]}}
`, host, port, issuer, issuer+"/login", issuer+"/consent")
	if announce {
		config += fmt.Sprintf("webfinger: {oidc_discovery: {client_registration_url: %q}}\n", issuer+"/oauth2/register")
	}
	file := filepath.Join(t.TempDir(), "hydra.yaml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program(t, "hydra"), "serve", "public", "--dev", "--config", file)
	cmd.Env = append(os.Environ(), "SQA_OPT_OUT=true")
	start(t, cmd)
	ready(t, issuer+"/health/ready")
	return issuer
}

// start runs a server until the test ends. What it says on standard error is
// shown if the test failed.
func start(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	log, err := os.CreateTemp(t.TempDir(), "log")
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("%s: %s", filepath.Base(cmd.Path), text)
		}
	})
}

// ready waits until a server answers 200 at url.
func ready(t testing.TB, url string) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	var err error
	for range 600 {
		var resp *http.Response
		if resp, err = client.Get(url); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
			err = fmt.Errorf("%s answered %d", url, resp.StatusCode)
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal(err)
}

// program returns where a program is: brought by scripts/peers, or the system's.
func program(t testing.TB, name string) string {
	t.Helper()
	for _, dir := range append([]string{filepath.Join(root(t), ".tools", "bin")}, filepath.SplitList(os.Getenv("PATH"))...) {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path
		}
	}
	t.Fatalf("%s is not here: run scripts/peers", name)
	return ""
}

// root returns the root of the checkout.
func root(t testing.TB) string {
	t.Helper()
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		t.Fatal("no source file is known")
	}
	return filepath.Join(filepath.Dir(file), "..", "..")
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
