package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/fc28f635/countersign/attest"
	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/trustroots"
	"github.com/fc28f635/countersign/verify/online"
)

const goodRegistration = `{"client_name":"Acme Agent","redirect_uris":["http://127.0.0.1/callback"],"scope":"files.read files.write"}`

// noResolver is an address where no resolver answers.
var noResolver = []online.Resolver{{Address: "127.0.0.1:1"}}

// smallService is a service in dir that looks nothing up.
func smallService(dir string) serviceConfig {
	const freeBytes = 16 << 20
	return serviceConfig{Dir: dir, Listen: "127.0.0.1:0", Logger: slog.New(slog.DiscardHandler),
		Lookup: online.Config{Resolvers: noResolver}, Small: true, MinFreeBytes: freeBytes}
}

func serveTest(t *testing.T, cfg serviceConfig) *service {
	t.Helper()
	s, err := startService(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Errorf("stopping: %v", err)
		}
	})
	return s
}

// postDecision asks a service for a decision and returns the answer.
func postDecision(url, key, body string) (string, issuer.Decision, error) {
	return askFor(http.MethodPost, url+decisionsPath, key, body)
}

func getDecision(url, key, id string) (string, issuer.Decision, error) {
	return askFor(http.MethodGet, url+decisionsPath+"/"+id, key, "")
}

func askFor(method, url, key, body string) (string, issuer.Decision, error) {
	return askBy(http.DefaultClient, method, url, key, body)
}

func askBy(client *http.Client, method, url, key, body string) (string, issuer.Decision, error) {
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return "", issuer.Decision{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+key)
	resp, err := client.Do(req)
	if err != nil {
		return "", issuer.Decision{}, err
	}
	return readDecision(resp)
}

func readDecision(resp *http.Response) (string, issuer.Decision, error) {
	var d issuer.Decision
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", d, err
	}
	if resp.StatusCode != http.StatusOK {
		return "", d, fmt.Errorf("status %d: %.300s", resp.StatusCode, text)
	}
	return string(text), d, json.Unmarshal(text, &d)
}

// A process is countersign as a process of its own.
type process struct {
	cmd *exec.Cmd
	url string
	key string     // that it printed, empty where it printed none
	out *lockedLog // what it wrote to standard error
	end chan struct{}
}

// A lockedLog is written and read at the same time.
type lockedLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

var (
	listeningAt = regexp.MustCompile(`https?://(127\.0\.0\.1|0\.0\.0\.0|\[::\]):[0-9]+`)
	apiKeyIn    = regexp.MustCompile(`csk_[0-9a-f]{16}_[0-9a-f]{64}`)
)

// startProcess runs countersign serve until it listens.
func startProcess(t *testing.T, args ...string) *process {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.Command(exe), out: &lockedLog{}, end: make(chan struct{})}
	p.cmd.Args = append([]string{"countersign", "serve", "--listen", "127.0.0.1:0", "--resolver", "127.0.0.1:1"}, args...)
	stdout, err := os.Create(filepath.Join(t.TempDir(), "stdout"))
	if err != nil {
		t.Fatal(err)
	}
	defer stdout.Close()
	p.cmd.Stdout = stdout
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); <-p.end })
	listening := make(chan string, 1)
	go func() {
		defer close(p.end)
		defer close(listening)
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			fmt.Fprintln(p.out, lines.Text())
			if url := listeningAt.FindString(lines.Text()); url != "" && strings.Contains(lines.Text(), "listening") {
				listening <- url
			}
		}
	}()
	var ok bool
	if p.url, ok = <-listening; !ok {
		t.Fatalf("serve ended: %v\n%s", p.cmd.Wait(), p.out)
	}
	printed, err := os.ReadFile(stdout.Name())
	if err != nil {
		t.Fatal(err)
	}
	p.key = cmp.Or(apiKeyIn.FindString(p.out.String()), apiKeyIn.FindString(string(printed)))
	return p
}

// T2: whatever serve answered before it was killed is there after a restart. Each
// time 2,000 callers wait for a decision when it is killed.
func TestServeKilled(t *testing.T) {
	const callers = 2000
	rounds := 2
	if os.Getenv("COUNTERSIGN_SOAK") != "" {
		rounds = 50
	}
	dir := filepath.Join(t.TempDir(), "data")
	acknowledged := map[string][sha256.Size]byte{}
	key := ""
	for range rounds {
		p := startProcess(t, "--data", dir)
		key = cmp.Or(key, p.key)
		for id, told := range p.endUnder(t, os.Kill, callers, key, 200+rand.IntN(2000)) {
			acknowledged[id] = told
		}
	}
	stillThere(t, dir, key, acknowledged)
	t.Logf("%d kills, and %d decisions were there", rounds, len(acknowledged))
}

// Whatever serve answered before it stopped in order is there too, and nothing is
// cut off for those that ask.
func TestServeStopsUnderLoad(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("there is no SIGTERM to send: TestServeDrains ends the service instead")
		return
	}
	dir := filepath.Join(t.TempDir(), "data")
	p := startProcess(t, "--data", dir)
	told := p.endUnder(t, syscall.SIGTERM, 200, p.key, 1000)
	if log := p.out.String(); !strings.Contains(log, "msg=stopped") || strings.Contains(log, "cut off") {
		t.Errorf("it did not stop in order:\n%.2000s", log[strings.LastIndex(log, "msg=stopping"):])
	}
	stillThere(t, dir, p.key, told)
}

// stillThere starts the service again and compares what it has with the digests of
// what it told.
func stillThere(t *testing.T, dir, key string, told map[string][sha256.Size]byte) {
	t.Helper()
	p := startProcess(t, "--data", dir)
	for id, digest := range told {
		recorded, _, err := getDecision(p.url, key, id)
		if err != nil || sha256.Sum256([]byte(recorded)) != digest {
			t.Fatalf("decision %s was told otherwise than as %s: %v", id, recorded, err)
		}
	}
}

// endUnder has so many callers ask for decisions, sends the process a signal that
// ends it after so many answers, and returns the digest of every answer by its id.
func (p *process) endUnder(t *testing.T, signal os.Signal, callers int, key string, answers int) map[string][sha256.Size]byte {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callers}}
	defer client.CloseIdleConnections()
	var mu sync.Mutex
	var group sync.WaitGroup
	told := map[string][sha256.Size]byte{}
	enough := make(chan struct{})
	var ending atomic.Bool
	for range callers {
		group.Go(func() {
			for {
				text, d, err := askBy(client, http.MethodPost, p.url+decisionsPath, key, `{"client":`+goodRegistration+`}`)
				if err != nil {
					if !ending.Load() {
						t.Errorf("before it was to end: %v", err)
					}
					return
				}
				mu.Lock()
				told[d.ID] = sha256.Sum256([]byte(text))
				if len(told) == answers {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	<-enough
	ending.Store(true)
	if err := p.cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	group.Wait()
	<-p.end
	_ = p.cmd.Wait()
	return told
}

// The log begins with what decides; a signal ends the service in order.
func TestServeEnds(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("there is no SIGTERM to send: TestServeDrains ends the service instead")
		return
	}
	roots := filepath.Join(t.TempDir(), "roots.json")
	if err := os.WriteFile(roots, []byte(`{"publishers":{}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	p := startProcess(t, "--data", dir, "--log-format", "json", "--roots", roots)
	_, d, err := postDecision(p.url, p.key, `{"client":`+goodRegistration+`}`)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-p.end
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("H26 serve ended with %v, want exit status 0\n%s", err, p.out)
	}
	var names []any
	var events []map[string]any
	for line := range strings.Lines(p.out.String()) {
		var event map[string]any
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatalf("the log has %q: %v", line, err)
		}
		names, events = append(names, event["msg"]), append(events, event)
	}
	if want := []any{"starting", "listening", "decided", "request", "stopping", "stopped"}; !slices.Equal(slices.DeleteFunc(slices.Clone(names), func(n any) bool { return !slices.Contains(want, n) }), want) {
		t.Fatalf("logged %v, want %v", names, want)
	}
	if url := events[slices.Index(names, "listening")]["url"]; url != p.url {
		t.Errorf("listening at %v, want %s", url, p.url)
	}
	if cause, _ := events[slices.Index(names, "stopping")]["cause"].(string); !strings.Contains(cause, "terminated") {
		t.Errorf("stopping for the cause %q, want the signal", cause)
	}
	event := events[0]
	digest := issuer.Standard().Digest()
	for key, want := range map[string]any{"listen": "127.0.0.1:0", "data": dir, "policy": "standard", "policy_digest": digest, "pinned_publishers": 0.0} {
		if event[key] != want {
			t.Errorf("the first event has %s %v, want %v", key, event[key], want)
		}
	}
	if digest, _ := event["roots_digest"].(string); !strings.HasPrefix(digest, "sha256:") {
		t.Errorf("the first event has roots_digest %q", digest)
	}
	s := serveTest(t, smallService(dir))
	if _, _, err := getDecision(s.url(), p.key, d.ID); err != nil {
		t.Errorf("the decision is lost: %v", err)
	}
}

// A second signal ends at once what is under way.
func TestServeEndsAtOnce(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("there is no SIGTERM to send")
		return
	}
	p := startProcess(t, "--data", t.TempDir())
	addr := strings.TrimPrefix(p.url, "http://")
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /v1/decisions HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n", addr, p.key)
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("%q, %v", line, err)
	}
	begin := time.Now()
	for range 2 {
		if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		// Until it listens no more, the first is not known to be taken.
		for other, err := net.Dial("tcp", addr); err == nil; other, err = net.Dial("tcp", addr) {
			_ = other.Close()
			time.Sleep(time.Millisecond)
		}
	}
	<-p.end
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("serve ended with %v\n%s", err, p.out)
	}
	if took := time.Since(begin); took > limitOfAtOnce {
		t.Errorf("it took %s", took)
	}
	for _, want := range []string{"requests under way are cut off", "asked again to end", "msg=stopped"} {
		if !strings.Contains(p.out.String(), want) {
			t.Errorf("the log does not say %q:\n%s", want, p.out)
		}
	}
}

// limitOfAtOnce is below the time that a request may take to arrive.
const limitOfAtOnce = 4 * time.Second

// H26: what is under way when the service ends is answered, and nothing new is
// taken.
func TestServeDrains(t *testing.T) {
	dir := t.TempDir()
	s := serveTest(t, smallService(dir))
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	body := `{"client":` + goodRegistration + `}`
	fmt.Fprintf(conn, "POST /v1/decisions HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", s.addr, s.firstKey, len(body))
	reader := bufio.NewReader(conn)
	// The service asks for the body: the request is under way.
	if line, err := reader.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("%q, %v", line, err)
	}
	if _, err := reader.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.stop() }()
	for taken := true; taken; time.Sleep(time.Millisecond) {
		other, err := net.Dial("tcp", s.addr)
		if taken = err == nil; taken {
			_ = other.Close()
		}
	}
	if _, err := io.WriteString(conn, body); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(reader, nil)
	if err != nil {
		t.Fatalf("the request under way was not answered: %v", err)
	}
	_, d, err := readDecision(resp)
	if err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("stop returned %v", err)
	}
	again := serveTest(t, smallService(dir)) // the directory is free
	if _, _, err := getDecision(again.url(), s.firstKey, d.ID); err != nil {
		t.Errorf("the decision is lost: %v", err)
	}
}

// A service that cannot record ends by itself, and says why.
func TestServeEndsOnFailure(t *testing.T) {
	cfg := smallService(t.TempDir())
	var log bytes.Buffer
	cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
	s, err := startService(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.cancel(issuer.ErrStorageFailed) // as the store and the handler do
	if err := s.wait(); !errors.Is(err, issuer.ErrStorageFailed) {
		t.Errorf("wait returned %v", err)
	}
	if want := fmt.Sprintf("level=ERROR msg=stopping cause=%q", issuer.ErrStorageFailed); !strings.Contains(log.String(), want) {
		t.Errorf("the log does not say %s:\n%s", want, &log)
	}
}

func TestServeEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s, err := startService(ctx, smallService(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := s.wait(); err != nil {
		t.Errorf("wait returned %v", err)
	}
}

func TestServeRefusesAddresses(t *testing.T) {
	for listen, tests := range map[string]bool{
		"example.com:80": false, ":0": false, "127.0.0.1": false, "": false, "localhost:0": false,
		"0.0.0.0:0": true, "[::]:0": true, "[::ffff:0.0.0.0]:0": true,
	} {
		cfg := smallService(t.TempDir())
		cfg.Listen, cfg.Lookup.InsecureLoopback = listen, tests
		if s, err := startService(t.Context(), cfg); err == nil {
			t.Errorf("it listens on %s", listen)
			_ = s.stop()
		}
	}
}

// Callers may name the address on which the service listens.
func TestServeAnswersItsAddress(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Log("only Linux has all of 127.0.0.0/8")
		return
	}
	cfg := smallService(t.TempDir())
	cfg.Listen = "127.0.0.2:0"
	s := serveTest(t, cfg)
	if _, _, err := postDecision(s.url(), s.firstKey, `{"client":`+goodRegistration+`}`); err != nil {
		t.Error(err)
	}
}

// A service whose port is taken leaves no directory.
func TestServePortTaken(t *testing.T) {
	taken := serveTest(t, smallService(t.TempDir()))
	cfg := smallService(filepath.Join(t.TempDir(), "data"))
	cfg.Listen = taken.addr
	if s, err := startService(t.Context(), cfg); err == nil {
		_ = s.stop()
		t.Fatal("two services listen on one port")
	}
	if _, err := os.Stat(cfg.Dir); !os.IsNotExist(err) {
		t.Errorf("the directory is there: %v", err)
	}
	// One that fails after it listened lets the port go.
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Dir, cfg.Listen = file, free.Addr().String()
	_ = free.Close()
	if s, err := startService(t.Context(), cfg); err == nil {
		_ = s.stop()
		t.Fatal("a file is a data directory")
	}
	again, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		t.Fatalf("the port is held: %v", err)
	}
	_ = again.Close()
}

// Without an authorization server a countersigner has something to say once.
func TestServeWarnsOfNoAudience(t *testing.T) {
	for _, test := range []struct {
		flags []string
		want  int
	}{
		{nil, 0},
		{[]string{"--issuer", "https://trust.example"}, 1},
		{[]string{"--issuer", "https://trust.example", "--authorization-server", "https://as.example"}, 0},
	} {
		p := startProcess(t, append([]string{"--data", t.TempDir()}, test.flags...)...)
		if err := p.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		<-p.end
		_ = p.cmd.Wait()
		if warned := strings.Count(p.out.String(), "get no countersigned statement"); warned != test.want {
			t.Errorf("%v: warned %d times, want %d\n%s", test.flags, warned, test.want, p.out)
		}
	}
}

// A second service finds the directory held, and says by what.
func TestServeHeld(t *testing.T) {
	dir := t.TempDir()
	serveTest(t, smallService(dir))
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"serve", "--data", dir, "--listen", "127.0.0.1:0"}, nil, &stdout, &stderr)
	if code != exitFailed || !strings.Contains(stderr.String(), "is held by another process") || !strings.Contains(stderr.String(), "use another --data") {
		t.Errorf("exit %d\n%s", code, &stderr)
	}
}

// What a service that may fetch from loopback decides is marked and not signed.
func TestServeMarksTests(t *testing.T) {
	for _, loopback := range []bool{true, false} {
		cfg := signingService(t)
		cfg.Lookup.InsecureLoopback = loopback
		s := serveTest(t, cfg)
		_, d, err := postDecision(s.url(), s.firstKey, signedRegistration(t, cfg))
		if err != nil {
			t.Fatal(err)
		}
		if d.Tier != issuer.TierSigned || d.Test != loopback || (d.Countersigned == "") != loopback {
			t.Errorf("loopback %t: tier %s, test %t, countersigned %q", loopback, d.Tier, d.Test, d.Countersigned)
		}
	}
}

// The countersigned statement verifies with the published key, which stays the
// same over a restart and is nobody else's to read.
func TestServeCountersigns(t *testing.T) {
	cfg := signingService(t)
	var key jose.Key
	token := ""
	for range 2 {
		s, err := startService(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		token = cmp.Or(token, s.firstKey)
		resp, err := http.Get(s.url() + "/.well-known/jwks.json")
		if err != nil {
			t.Fatal(err)
		}
		set, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		keys, problems, err := jose.ParseKeys(set)
		if err != nil || len(problems) > 0 || len(keys) != 1 {
			t.Fatalf("the key set is %s: %v %v", set, problems, err)
		}
		if key.ID() != "" && key.ID() != keys[0].ID() {
			t.Errorf("after a restart the key is %s, and was %s", keys[0].ID(), key.ID())
		}
		key = keys[0]
		_, d, err := postDecision(s.url(), token, signedRegistration(t, cfg))
		if err != nil {
			t.Fatal(err)
		}
		statement, err := jose.ParseCountersigned(d.Countersigned)
		if err != nil {
			t.Fatalf("countersigned %.100q: %v", d.Countersigned, err)
		}
		if err := statement.Verify(key); err != nil {
			t.Errorf("countersigned: %v", err)
		}
		if err := s.stop(); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(cfg.Dir, countersigningFile)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the key has mode %v", info.Mode())
	}
	if runtime.GOOS == "windows" {
		return
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if s, err := startService(t.Context(), cfg); !errors.Is(err, attest.ErrReadableByOthers) {
		t.Errorf("with a key that others can read it starts: %v", err)
		if err == nil {
			_ = s.stop()
		}
	}
}

// The service itself is never a publisher.
func TestServeIsNoPublisher(t *testing.T) {
	cfg := signingService(t)
	body := signedRegistration(t, cfg)
	cfg.Issuer = metadata.MustPublisher("https://acme.example")
	s := serveTest(t, cfg)
	_, d, err := postDecision(s.url(), s.firstKey, body)
	if err != nil {
		t.Fatal(err)
	}
	if d.Reason != metadata.ReasonPublisherIsCountersigner {
		t.Errorf("%s %s", d.Outcome, d.Reason)
	}
}

var publisherKey = sync.OnceValues(func() (attest.Key, error) { return attest.Generate("2026a", metadata.KeyEd25519) })

// signingService is a service that countersigns, with one pinned publisher.
func signingService(t *testing.T) serviceConfig {
	t.Helper()
	key, err := publisherKey()
	if err != nil {
		t.Fatal(err)
	}
	roots, err := trustroots.Parse([]byte(`{"publishers":{"https://acme.example":{"keys":[`+string(key.JWK())+`]}}}`), "roots.json")
	if err != nil {
		t.Fatal(err)
	}
	cfg := smallService(t.TempDir())
	cfg.Issuer, cfg.AuthorizationServer = metadata.MustPublisher("https://trust.example"), "https://as.example"
	cfg.Lookup.Roots = roots.Set
	return cfg
}

// signedRegistration is a request with a statement of the pinned publisher.
func signedRegistration(t *testing.T, cfg serviceConfig) string {
	t.Helper()
	key, err := publisherKey()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().Unix()
	const month = 30 * 24 * 60 * 60
	statement, err := key.Sign(metadata.Statement{
		Publisher: metadata.MustPublisher("https://acme.example"), IssuedAt: now, ExpiresAt: now + 2*month, ID: "1",
		Audience: cfg.AuthorizationServer,
		Client: metadata.Client{SoftwareID: "acme-agent", ClientName: "Acme Agent",
			RedirectURIs: []string{"https://acme.example/callback"}, Scope: "files.read"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return `{"client":{"software_statement":"` + statement + `"}}`
}
