package issuer

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
)

// A gate is an office that counts arrivals, by a clock that stands until it is
// moved.
type gate struct {
	*office
	moved atomic.Int64 // nanoseconds
}

// newGate makes a gate at which acme publishes its key.
func newGate(t *testing.T, rates ArrivalRates) *gate {
	t.Helper()
	g := &gate{}
	g.office = newOffice(t, secure, signedZone(""), func(c *Config) {
		c.Arrivals = rates
		c.Now = func() time.Time { return vectortest.DrawnNow.Add(time.Duration(g.moved.Load())) }
	})
	return g
}

func (g *gate) wait(d time.Duration) { g.moved.Add(int64(d)) }

// arrives reports whether a client is let in from an address, and where it is not
// which layer it met.
func (g *gate) arrives(t *testing.T, from string, c metadata.Client) (approved bool, limited *RateError) {
	t.Helper()
	d, err := g.Decide(t.Context(), Request{Client: &c, Source: netip.MustParseAddr(from)})
	if errors.As(err, &limited) {
		return false, limited
	}
	if err != nil {
		t.Fatal(err)
	}
	return d.Outcome == Approved, nil
}

func (g *gate) wantServed(t *testing.T, what, from string, c metadata.Client) {
	t.Helper()
	if approved, limited := g.arrives(t, from, c); !approved {
		t.Errorf("%s is not served: %v", what, limited)
	}
}

// places are redirect URIs of acme's, of which each selection is another shape.
func places(selection int) (uris []string) {
	for i := range 10 {
		if selection&(1<<i) != 0 {
			uris = append(uris, fmt.Sprintf("https://acme.example/cb%d", i))
		}
	}
	return uris
}

// shipped is a public client of acme's as every copy of it registers.
func shipped(t *testing.T) metadata.Client {
	c := agent(stated(t, vectortest.Genuine, func(s *metadata.Statement) { s.Client.RedirectURIs = places(1023) }))
	c.RedirectURIs = places(1023)
	return c
}

// variant is the client narrowed to another shape.
func variant(c metadata.Client, n int) metadata.Client {
	c.RedirectURIs = places(n)
	return c
}

// confidential is a client of acme's that authenticates by a key.
func confidential(t *testing.T, n int) metadata.Client {
	keys := func(c *metadata.Client) {
		c.RedirectURIs, c.TokenEndpointAuthMethod = places(n), "private_key_jwt"
		c.JWKS = json.RawMessage(`{"keys":[` + string(vectortest.Genuine.Key.JWK()) + `]}`)
	}
	c := agent(stated(t, vectortest.Genuine, func(s *metadata.Statement) { keys(&s.Client) }))
	keys(&c)
	return c
}

// A statement that ships with every copy is public: whoever floods with it, from
// however many networks, costs its publisher nothing.
func TestStolenStatement(t *testing.T) {
	g := newGate(t, ArrivalRates{NetworkPerSecond: 5, NetworkBurst: 20, PublisherPerSecond: 1, PublisherBurst: 40})
	public := shipped(t)
	const office = "198.51.100.7"
	g.wantServed(t, "acme's client", office, public)
	g.wait(25 * time.Hour)

	thief := 0
	flood := func(arrivals int) (served int) {
		for range arrivals {
			thief++
			from := fmt.Sprintf("10.%d.%d.1", thief/256, thief%256)
			approved, limited := g.arrives(t, from, variant(public, thief))
			if !approved && (limited == nil || !limited.OfPublisher || limited.Wait <= 0) {
				t.Fatalf("the thief is turned away by %+v", limited)
			}
			if approved {
				served++
			}
		}
		return served
	}
	if served := flood(300); served != 30 { // three quarters of 40
		t.Fatalf("%d of the thief's registrations made a row", served)
	}
	t.Run("H23 the same software from elsewhere", func(t *testing.T) {
		for i := range 100 {
			g.wantServed(t, "acme's client", fmt.Sprintf("203.0.%d.1", i), public)
		}
	})
	t.Run("H23 a confidential client", func(t *testing.T) {
		for i := range 5 {
			g.wantServed(t, "a confidential client", fmt.Sprintf("203.0.113.%d", i), confidential(t, i+1))
		}
	})
	t.Run("H23 a network with a past", func(t *testing.T) {
		for i := range 5 {
			g.wantServed(t, "a new client of a known network", office, variant(public, 1000+i))
		}
	})
	t.Run("H23 as long as it lasts", func(t *testing.T) {
		for i := range 20 { // the room of a second is for whoever has the share
			g.wait(time.Second)
			if served := flood(5); served != 0 {
				t.Fatalf("the thief took %d of the held share", served)
			}
			if i%2 == 0 {
				g.wantServed(t, "a confidential client", fmt.Sprintf("203.0.113.%d", i), confidential(t, i+10))
			} else {
				g.wantServed(t, "a new client of a known network", office, variant(public, 900+i))
			}
		}
	})
	t.Run("H23 when it is over", func(t *testing.T) {
		g.wait(time.Minute)
		g.wantServed(t, "a new client of a new network", "192.0.2.1", variant(public, 899))
	})
}

// What is not verified selects buckets and nothing else: a flood of forgeries is
// charged to its networks, and to no publisher.
func TestForgedArrivals(t *testing.T) {
	g := newGate(t, ArrivalRates{NetworkPerSecond: 1, NetworkBurst: 3, PublisherPerSecond: 1, PublisherBurst: 8})
	public := shipped(t)
	forged := shipped(t)
	forged.SoftwareStatement = forged.SoftwareStatement[:len(forged.SoftwareStatement)-8] + "AAAAAAAA"
	for i := range 100 {
		if approved, limited := g.arrives(t, fmt.Sprintf("10.0.%d.1", i), variant(forged, i+1)); approved || limited != nil {
			t.Fatalf("a forgery: approved %t, limited %v", approved, limited)
		}
	}
	for i := range 3 {
		g.wantServed(t, "a client of acme's", fmt.Sprintf("192.0.%d.1", i), variant(public, i+1))
	}
	t.Run("H23 one network within a publisher", func(t *testing.T) {
		for range 3 {
			if _, limited := g.arrives(t, "203.0.113.1", forged); limited != nil {
				t.Errorf("one of the first three: %v", limited)
			}
		}
		if _, limited := g.arrives(t, "203.0.113.2", forged); limited == nil || limited.OfPublisher || limited.Wait != time.Second {
			t.Errorf("the fourth: %+v", limited)
		}
		if _, limited := g.arrives(t, "203.0.113.2", public); limited == nil {
			t.Error("a good statement finds room that the forgeries of its network have taken")
		}
		g.wantServed(t, "the same from another network", "203.0.114.1", variant(public, 1))
		g.wantServed(t, "another publisher's from that network", "203.0.113.3", metadata.Client{ClientName: "Other", RedirectURIs: []string{"https://other.example/cb"}})
		g.wait(time.Second)
		g.wantServed(t, "after the wait", "203.0.113.2", variant(public, 1))
	})
}

func TestArrivalsThatAreNotCounted(t *testing.T) {
	one := ArrivalRates{NetworkPerSecond: 1, NetworkBurst: 1000, PublisherPerSecond: 1, PublisherBurst: 4}
	public := shipped(t)
	t.Run("no source", func(t *testing.T) {
		g := newGate(t, one)
		for i := range 20 {
			wantDecision(t, g.decide(t, registration(variant(public, i+1))), Approved, TierSigned, "")
		}
	})
	t.Run("no rates", func(t *testing.T) {
		g := newGate(t, ArrivalRates{})
		for i := range 20 {
			g.wantServed(t, "a client", "192.0.2.1", variant(public, i+1))
		}
	})
	t.Run("a dry run makes no row", func(t *testing.T) {
		g := newGate(t, one)
		for i := range 20 {
			c := variant(public, i+1)
			d := g.decide(t, Request{Client: &c, DryRun: true, Source: netip.MustParseAddr("192.0.2.1")})
			wantDecision(t, d, Approved, TierSigned, "")
		}
		g.wantServed(t, "a client", "192.0.2.1", public)
	})
	t.Run("what nobody publishes", func(t *testing.T) {
		g := newGate(t, one)
		for i := range 20 {
			g.wantServed(t, "a client", "192.0.2.1", metadata.Client{ClientName: fmt.Sprint("Agent ", i), RedirectURIs: []string{"http://127.0.0.1/cb"}})
		}
	})
	t.Run("a refusal makes no row", func(t *testing.T) {
		g := newGate(t, one)
		for i := range 20 {
			c := variant(public, i+1)
			c.Scope = "files:write" // more than the tier has
			if approved, limited := g.arrives(t, "192.0.2.1", c); approved || limited != nil {
				t.Errorf("approved %t, limited %v", approved, limited)
			}
		}
		g.wantServed(t, "a client", "192.0.2.1", public)
	})
}

// A network has a past with one publisher, from a day after its first client on.
func TestPastOfANetwork(t *testing.T) {
	p, err := newPasts()
	if err != nil {
		t.Fatal(err)
	}
	of := func(m metadata.Publisher, i int) past {
		return past{m, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 0}), 24)}
	}
	x, at := of(vectortest.Acme, 0), vectortest.DrawnNow
	p.see(x, at)
	p.see(x, at.Add(23*time.Hour))
	if p.has(x, at.Add(limits.ArrivalPast-1)) || !p.has(x, at.Add(limits.ArrivalPast)) {
		t.Error("the past does not begin a day after the first client")
	}
	if p.has(of(vectortest.Other, 0), at.Add(limits.ArrivalPast)) {
		t.Error("a network has a past with a publisher that it never had a client of")
	}
	p.see(x, at.Add(limits.ArrivalPast))
	for i := range 2 * limits.ArrivalMemory {
		p.see(of(vectortest.Acme, i+1), at.Add(limits.ArrivalPast))
	}
	if !p.has(x, at.Add(limits.ArrivalPast)) {
		t.Error("new networks displaced one with a past")
	}
	if p.recent.Len() > limits.ArrivalMemory {
		t.Errorf("%d are remembered", p.recent.Len())
	}
}

func TestClaimedPublisher(t *testing.T) {
	public := shipped(t)
	for name, test := range map[string]struct {
		req  Request
		want metadata.Publisher
	}{
		"a statement":               {registration(public), vectortest.Acme},
		"a statement that is none":  {registration(metadata.Client{SoftwareStatement: "eyJ.bogus.sig"}), metadata.Publisher{}},
		"where codes go":            {registration(metadata.Client{RedirectURIs: places(1)}), vectortest.Acme},
		"a statement, not the rest": {registration(metadata.Client{SoftwareStatement: "a.b.c", RedirectURIs: places(1)}), metadata.Publisher{}},
		"a document":                {Request{ClientID: vectortest.DocumentURL}, vectortest.Acme},
		"no document":               {Request{ClientID: "http://acme.example/"}, metadata.Publisher{}},
		"nothing":                   {registration(metadata.Client{}), metadata.Publisher{}},
	} {
		if got := claimedPublisher(test.req); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

func TestArrivalRatesRefused(t *testing.T) {
	for _, rates := range []ArrivalRates{{NetworkPerSecond: 1, NetworkBurst: 1}, {NetworkPerSecond: 1, NetworkBurst: 1, PublisherPerSecond: 1}, {PublisherPerSecond: 1, PublisherBurst: 1}} {
		if a, err := newArrivals(rates, time.Now); err == nil || a != nil {
			t.Errorf("%+v was taken", rates)
		}
	}
}
