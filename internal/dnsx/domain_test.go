package dnsx

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/fc28f635/countersign/internal/limits"
)

// Whoever has a domain whose servers hang holds few of the places, however many
// names are asked for there.
func TestOneDomainThatHangs(t *testing.T) {
	hold := make(chan struct{})
	f := newFake(t, func(q *dns.Msg, _ string) *dns.Msg {
		if strings.HasSuffix(asked(q), "evil.test.") {
			<-hold
			return nil
		}
		m := new(dns.Msg).SetRcode(q, dns.RcodeNameError)
		return m
	})
	r, err := New(Config{Upstreams: []Upstream{{Address: f.address}}, AllowSpecialUse: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	defer group.Wait()
	defer cancel()
	defer close(hold)
	for i := range 2 * limits.DNSLookups {
		group.Go(func() { _, _ = r.LookupTXT(ctx, fmt.Sprintf("_client-key.h%d.evil.test", i)) })
	}
	for users := 0; users < 2*limits.DNSLookups; time.Sleep(time.Millisecond) {
		r.domains.mu.Lock()
		if l := r.domains.lines["evil.test"]; l != nil {
			users = l.users
		}
		r.domains.mu.Unlock()
	}
	soon, stop := context.WithTimeout(t.Context(), 2*time.Second)
	defer stop()
	if _, err := r.LookupTXT(soon, owner); soon.Err() != nil {
		t.Errorf("a look-up of another domain waited: %v", err)
	}
}

func TestDomains(t *testing.T) {
	var d domains
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	var leaves []func()
	for i := range limits.DNSLookupsPerDomain {
		leave, err := d.enter(t.Context(), fmt.Sprintf("_client-key.H%d.acme.com", i))
		if err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, leave)
	}
	if _, err := d.enter(gone, "_client-key.acme.com"); err == nil {
		t.Error("one more of the domain did not wait")
	}
	leave, err := d.enter(t.Context(), "_client-key.acme.github.io")
	if err != nil {
		t.Fatal(err)
	}
	for _, leave := range append(leaves, leave) {
		leave()
	}
	if len(d.lines) != 0 {
		t.Errorf("%d lines left behind", len(d.lines))
	}
}
