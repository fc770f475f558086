package dnsx

import (
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
	"go.uber.org/goleak"

	"github.com/fc28f635/countersign/verify"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	owner  = "_client-key.acme.test"
	record = "v=ck1; kid=2026a; k=ed25519; p=AAAA"
)

// A fake is a name server on loopback whose faults a test injects.
type fake struct {
	address string

	mu    sync.Mutex
	asked []string // "name type network", as asked
}

// An injector makes the answer to q. Nil means that none is sent.
type injector func(q *dns.Msg, network string) *dns.Msg

// newFake serves UDP and TCP on one port.
func newFake(t *testing.T, answer injector) *fake {
	t.Helper()
	f := new(fake)
	packets, listener := listenBoth(t)
	f.address = packets.LocalAddr().String()
	handler := dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		network := w.RemoteAddr().Network()
		f.mu.Lock()
		f.asked = append(f.asked, asked(q)+" "+dns.TypeToString[q.Question[0].Qtype]+" "+network)
		f.mu.Unlock()
		if m := answer(q, network); m != nil {
			_ = w.WriteMsg(m)
		}
	})
	for _, s := range []*dns.Server{{PacketConn: packets, Handler: handler}, {Listener: listener, Handler: handler}} {
		done := make(chan struct{})
		started := make(chan struct{})
		s.NotifyStartedFunc = func() { close(started) }
		go func() {
			defer close(done)
			_ = s.ActivateAndServe()
		}()
		<-started
		t.Cleanup(func() { _ = s.Shutdown(); <-done })
	}
	return f
}

func listenBoth(t *testing.T) (net.PacketConn, net.Listener) {
	t.Helper()
	for range 20 {
		packets, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listener, err := net.Listen("tcp", packets.LocalAddr().String())
		if err == nil {
			return packets, listener
		}
		packets.Close()
	}
	t.Fatal("no port is free for both UDP and TCP")
	return nil, nil
}

func (f *fake) questions() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.asked...)
}

// count returns how many questions contain part.
func (f *fake) count(part string) int {
	n := 0
	for _, q := range f.questions() {
		if strings.Contains(q, part) {
			n++
		}
	}
	return n
}

// asked returns the name asked for, in lower case: over UDP its letters are mixed.
func asked(q *dns.Msg) string { return dns.CanonicalName(q.Question[0].Name) }

// A flag changes an answer's header or sections.
type flag func(*dns.Msg)

func ad(m *dns.Msg)       { m.AuthenticatedData = true }
func aa(m *dns.Msg)       { m.Authoritative = true }
func noRA(m *dns.Msg)     { m.RecursionAvailable = false }
func nxdomain(m *dns.Msg) { m.Rcode = dns.RcodeNameError }

// respond answers q with the records whose owner is asked for or reached from
// it, as a recursive resolver does, and with NXDOMAIN where there are none.
func respond(t *testing.T, q *dns.Msg, records []string, flags ...flag) *dns.Msg {
	t.Helper()
	m := new(dns.Msg).SetReply(q)
	m.RecursionAvailable = true
	name := dns.CanonicalName(q.Question[0].Name)
	for range 20 {
		next := ""
		for _, text := range records {
			rr := mustRR(t, text)
			if dns.CanonicalName(rr.Header().Name) != name {
				continue
			}
			m.Answer = append(m.Answer, rr)
			if alias, ok := rr.(*dns.CNAME); ok {
				next = dns.CanonicalName(alias.Target)
			}
		}
		if next == "" {
			break
		}
		name = next
	}
	if len(m.Answer) == 0 {
		m.Rcode = dns.RcodeNameError
		m.Ns = []dns.RR{mustRR(t, "test. 90 IN SOA ns.test. root.test. 1 2 3 4 60")}
	}
	for _, f := range flags {
		f(m)
	}
	return m
}

// serving returns an injector that serves records.
func serving(t *testing.T, records []string, flags ...flag) injector {
	return func(q *dns.Msg, _ string) *dns.Msg { return respond(t, q, records, flags...) }
}

func mustRR(t *testing.T, text string) dns.RR {
	t.Helper()
	rr, err := dns.NewRR(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return rr
}

func txt(name, text string) string { return name + `. 300 IN TXT "` + text + `"` }

// keyRecord is a zone with one key record.
func keyRecord() []string { return []string{txt(owner, record)} }

func newResolver(t *testing.T, ups ...Upstream) *Resolver {
	t.Helper()
	return newResolverWithin(t, 2*time.Second, ups...)
}

func newResolverWithin(t *testing.T, timeout time.Duration, ups ...Upstream) *Resolver {
	t.Helper()
	r, err := New(Config{Upstreams: ups, AllowSpecialUse: true, AllowLoopback: true, Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// lookup looks the owner up.
func lookup(t *testing.T, r *Resolver) (verify.Answer, error) {
	t.Helper()
	return r.LookupTXT(t.Context(), owner)
}
