package dnsx

import (
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// rootServers answers as a resolver that validated.
func rootServers(q *dns.Msg, _ string) *dns.Msg {
	m := new(dns.Msg).SetReply(q)
	m.RecursionAvailable, m.AuthenticatedData = true, true
	if q.Question[0].Name == "." && q.Question[0].Qtype == dns.TypeNS {
		rr, _ := dns.NewRR(". 518400 IN NS a.root-servers.net.")
		m.Answer = append(m.Answer, rr)
	}
	return m
}

func TestReach(t *testing.T) {
	validating, plain := newFake(t, rootServers), newFake(t, rootServers)
	empty := newFake(t, func(q *dns.Msg, network string) *dns.Msg { return new(dns.Msg).SetReply(q) })
	refusing := newFake(t, func(q *dns.Msg, network string) *dns.Msg { return new(dns.Msg).SetRcode(q, dns.RcodeRefused) })
	r, err := New(Config{Upstreams: []Upstream{
		{Address: validating.address, Operator: "one", Validating: true}, {Address: plain.address, Operator: "two"},
		{Address: empty.address}, {Address: refusing.address}, {Address: "127.0.0.1:1"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		secure bool
		err    string
	}{{true, ""}, {false, ""}, {false, "no name server of the root"}, {false, "answered REFUSED"}, {false, "connection refused"}} {
		got := r.Reach(t.Context())[i]
		if got.Secure != want.secure || got.Upstream.Address != r.cfg.Upstreams[i].Address || (got.Err == nil) != (want.err == "") || got.Err != nil && !strings.Contains(got.Err.Error(), want.err) {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	for _, asked := range append(validating.asked, plain.asked...) {
		if asked != ". NS tcp" {
			t.Errorf("asked for %s", asked)
		}
	}
}
