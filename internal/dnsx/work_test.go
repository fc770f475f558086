package dnsx_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/fc28f635/countersign/internal/dnsx"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// TestQuestionsAreBounded counts the messages that one statement makes us send,
// whatever the servers answer.
func TestQuestionsAreBounded(t *testing.T) {
	const last = "l7." // eight links, one for each question
	link := func(q *dns.Msg, _ string) *dns.Msg {
		m := new(dns.Msg).SetReply(q)
		m.RecursionAvailable = true
		name, n := dns.CanonicalName(q.Question[0].Name), 0
		switch {
		case strings.HasPrefix(name, last):
			m.Rcode = dns.RcodeNameError
			return m
		case strings.HasPrefix(name, "l"):
			n = int(name[1]-'0') + 1
		}
		rr, err := dns.NewRR(fmt.Sprintf("%s 60 IN CNAME l%d.host.example.", name, n))
		if err != nil {
			t.Error(err)
			return nil
		}
		m.Answer = append(m.Answer, rr)
		return m
	}
	truncated := func(q *dns.Msg, network string) *dns.Msg {
		m := new(dns.Msg).SetRcode(q, dns.RcodeNameError)
		m.RecursionAvailable, m.Truncated = true, network == "udp"
		return m
	}
	with := func(rcode int) answerer {
		return func(q *dns.Msg, _ string) *dns.Msg { return new(dns.Msg).SetRcode(q, rcode) }
	}
	bogus := func(q *dns.Msg, network string) *dns.Msg {
		if q.CheckingDisabled {
			return truncated(q, network)
		}
		return with(dns.RcodeServerFailure)(q, network)
	}
	flaky := func(q *dns.Msg, network string) *dns.Msg { // each upstream answers at the last attempt
		if network == "udp" {
			return nil
		}
		return with(dns.RcodeNameError)(q, network)
	}
	for name, tc := range map[string]struct {
		answer  answerer
		servers int
		least   int // of the questions, where the bound is to be met
	}{
		"D40 no record at any name, one operator":   {with(dns.RcodeNameError), 1, limits.WalkNames},
		"D40 no record at any name, two operators":  {with(dns.RcodeNameError), 2, 2 * limits.WalkNames},
		"D40 no record at any name, many operators": {with(dns.RcodeNameError), limits.Upstreams, 2 * limits.WalkNames},
		"D40 truncated":                    {truncated, 1, 2 * limits.WalkNames},
		"D40 UDP does not pass":            {flaky, 1, 2 * limits.WalkNames},
		"D40 aliases to nowhere, over UDP": {link, 1, limits.DNSQuestions},
		"D40 aliases to nowhere":           {link, 2, limits.DNSQuestions},
		"D40 refused by everybody":         {with(dns.RcodeRefused), limits.Upstreams, limits.Upstreams},
		"D40 bogus":                        {bogus, limits.Upstreams, 4},
		"D40 silence":                      {func(*dns.Msg, string) *dns.Msg { return nil }, limits.Upstreams, limits.Upstreams},
	} {
		t.Run(name, func(t *testing.T) {
			var sent atomic.Int64
			cfg := dnsx.Config{AllowSpecialUse: true, Timeout: 800 * time.Millisecond}
			for i := range tc.servers {
				cfg.Upstreams = append(cfg.Upstreams, dnsx.Upstream{Address: serve(t, &sent, tc.answer), Operator: fmt.Sprint(i), Validating: true})
			}
			resolver, err := dnsx.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			verifyDeep(t, resolver)
			if n := int(sent.Load()); n > limits.DNSQuestions || n < tc.least {
				t.Errorf("%d messages were sent, want from %d to %d", n, tc.least, limits.DNSQuestions)
			}
		})
	}
	t.Run("D40 with the addresses of the hosts", func(t *testing.T) {
		const hosts, most = 3, 24 // a metadata document's, the publisher's and one foreign host; internal/fetch counts what each costs
		if n := limits.DNSQuestions + hosts*limits.AddressQuestions; n > most {
			t.Errorf("%d questions for one client, want at most %d", n, most)
		}
	})
}

// TestQuestionsAreSpent has a resolver asked by a verification that may ask no
// more: it then connects to nobody.
func TestQuestionsAreSpent(t *testing.T) {
	var spent context.Context
	verifyDeep(t, resolverFunc(func(ctx context.Context, _ string) (verify.Answer, error) {
		spent = context.WithoutCancel(ctx)
		return verify.Answer{}, verify.ErrNoRecord
	}))
	for verify.SpendQuestion(spent) {
	}
	for _, address := range []string{"127.0.0.1:1", "tls://127.0.0.1:1#dns.example", "https://127.0.0.1:1/dns-query"} {
		resolver, err := dnsx.New(dnsx.Config{Upstreams: []dnsx.Upstream{{Address: address}}, AllowSpecialUse: true, AllowLoopback: true})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := resolver.LookupTXT(spent, "_client-key.acme.test"); err == nil || !strings.Contains(err.Error(), "too many DNS questions") {
			t.Errorf("D40 %s: %v", address, err)
		}
	}
}

type resolverFunc func(ctx context.Context, name string) (verify.Answer, error)

func (f resolverFunc) LookupTXT(ctx context.Context, name string) (verify.Answer, error) {
	return f(ctx, name)
}

type answerer func(q *dns.Msg, network string) *dns.Msg

// verifyDeep verifies a statement of a publisher whose walk is as long as any.
func verifyDeep(t *testing.T, resolver verify.Resolver) {
	t.Helper()
	deep := metadata.MustPublisher("https://a.b.c.d.acme.example")
	now := vectortest.DrawnNow.Unix()
	text, err := vectortest.Sign(metadata.Statement{Publisher: deep, ID: "1", IssuedAt: now, ExpiresAt: now + 3600, Client: metadata.Client{
		SoftwareID: "agent", ClientName: "Agent", RedirectURIs: []string{"https://a.b.c.d.acme.example/callback"}}}, vectortest.Genuine)
	if err != nil {
		t.Fatal(err)
	}
	v, err := verify.New(verify.Config{Resolver: resolver, InsecureSpecialUse: true, Now: func() time.Time { return vectortest.DrawnNow }})
	if err != nil {
		t.Fatal(err)
	}
	verdict, err := v.Verify(context.WithoutCancel(t.Context()), verify.Presentation{Statement: text})
	if err != nil || verdict.Outcome == verify.Verified {
		t.Fatalf("%v, %v", verdict, err)
	}
}

// serve answers over UDP and TCP on loopback, and counts what comes.
func serve(t *testing.T, sent *atomic.Int64, answer answerer) string {
	t.Helper()
	packets, listener := dnsx.ListenBoth(t)
	handler := dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		sent.Add(1)
		if m := answer(q, w.RemoteAddr().Network()); m != nil {
			_ = w.WriteMsg(m)
		}
	})
	var served sync.WaitGroup
	t.Cleanup(served.Wait)
	for _, s := range []*dns.Server{{PacketConn: packets, Handler: handler}, {Listener: listener, Handler: handler}} {
		started := make(chan struct{})
		s.NotifyStartedFunc = func() { close(started) }
		served.Go(func() { _ = s.ActivateAndServe() })
		<-started
		t.Cleanup(func() { _ = s.Shutdown() })
	}
	return packets.LocalAddr().String()
}
