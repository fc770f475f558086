package issuer

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
)

// An observingStore is a memStore in which operators observe.
type observingStore struct {
	*memStore
	observations []Observation
}

func (s *observingStore) Standing(ctx context.Context, subjects []metadata.Subject) (Standing, error) {
	standing, err := s.memStore.Standing(ctx, subjects)
	standing.Observations = s.observations
	return standing, err
}

// observation is of everything, and in force for an hour.
func observation(change func(*Observation)) Observation {
	o := Observation{Actor: "ops", Reason: "a wrong policy", At: vectortest.DrawnNow.Add(-time.Minute), Until: vectortest.DrawnNow.Add(time.Hour)}
	if change != nil {
		change(&o)
	}
	return o
}

func TestObservationCheck(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Observation)
		wrong  string
	}{
		"everything":              {nil, ""},
		"a resource":              {func(o *Observation) { o.Of = "https://files.example/mcp" }, ""},
		"a resource on loopback":  {func(o *Observation) { o.Of = "http://127.0.0.1:1/mcp" }, ""},
		"an authorization server": {func(o *Observation) { o.Of = "https://as.example" }, ""},
		"something else":          {func(o *Observation) { o.Of = "files" }, "of an authorization server, of a resource, or of everything"},
		"nobody":                  {func(o *Observation) { o.Actor = "" }, "who gave it"},
		"no reason":               {func(o *Observation) { o.Reason = "" }, "why it was given"},
		"no end":                  {func(o *Observation) { o.Until = time.Time{} }, "an end after its beginning"},
		"a day":                   {func(o *Observation) { o.Until = o.At.Add(limits.ObservationLongest) }, ""},
		"longer than a day":       {func(o *Observation) { o.Until = o.At.Add(limits.ObservationLongest + time.Second) }, "at most 24 hours"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := observation(c.change).Check(); (err == nil) != (c.wrong == "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
				t.Errorf("%v, want %q", err, c.wrong)
			}
		})
	}
}

// What is enforced, and what is only observed, by the policy and by an operator's
// word; and the latter ends by itself.
func TestWhatIsObserved(t *testing.T) {
	const mcp = "https://files.example/mcp"
	resource := func(id, mode string) string {
		return "  - {resource: " + id + ", mode: " + mode + ", tools: {read: {scope: r, class: read}}}\n"
	}
	servers := func(mode string) string {
		return "authorization_servers:\n  - {issuer: https://as.example, mode: " + mode + "}\n"
	}
	inForce := []Observation{observation(nil)}
	for name, c := range map[string]struct {
		policy   string
		resource string
		glass    []Observation
		observed bool
	}{
		"nothing is declared":                       {"", "", nil, false},
		"the server is observed":                    {servers("observe"), "", nil, true},
		"the server is enforced":                    {servers("enforce"), "", nil, false},
		"another server is observed":                {"authorization_servers:\n  - {issuer: https://as.example/2, mode: observe}\n", "", nil, false},
		"the resource is observed":                  {"resources:\n" + resource(mcp, "observe"), mcp, nil, true},
		"the resource is observed, in other words":  {"resources:\n" + resource(mcp, "observe"), "https://FILES.example:443/mcp", nil, true},
		"the resource is enforced":                  {"resources:\n" + resource(mcp, "enforce"), mcp, nil, false},
		"the only resource is observed, none named": {"resources:\n" + resource(mcp, "observe"), "", nil, true},
		"one of two is enforced, none named":        {"resources:\n" + resource(mcp, "observe") + resource("https://b.example/", "enforce"), "", nil, false},
		"one of two is enforced, the other named":   {"resources:\n" + resource(mcp, "observe") + resource("https://b.example/", "enforce"), mcp, nil, true},
		"another resource is named":                 {"resources:\n" + resource(mcp, "observe"), "https://c.example/", nil, false},
		"both are observed":                         {"resources:\n" + resource(mcp, "observe") + servers("observe"), mcp, nil, true},
		"the resource is, the server is not":        {"resources:\n" + resource(mcp, "observe") + servers("enforce"), mcp, nil, false},
		"the server is, the resource is not":        {"resources:\n" + resource(mcp, "enforce") + servers("observe"), mcp, nil, false},

		"the server is, the resource in words unknown": {"resources:\n" + resource(mcp, "enforce") + servers("observe"), mcp + "/", nil, false},
		"the server is, an unknown resource is named":  {"resources:\n" + resource(mcp, "observe") + servers("observe"), "https://c.example/", nil, true},
		"a scope of one that is enforced": {"resources:\n" + resource(mcp, "observe") +
			"  - {resource: https://b.example/, mode: enforce, tools: {del: {scope: 'files:delete', class: delete}}}\n", mcp, nil, false},

		"glass: the resource, and a scope of another": {"resources:\n" + resource(mcp, "enforce") +
			"  - {resource: https://b.example/, mode: enforce, tools: {del: {scope: 'files:delete', class: delete}}}\n", mcp,
			[]Observation{observation(func(o *Observation) { o.Of = mcp })}, false},
		"glass: everything":                 {"resources:\n" + resource(mcp, "enforce") + servers("enforce"), mcp, inForce, true},
		"glass: where nothing is declared":  {"", "", inForce, true},
		"glass: the server":                 {"", "", []Observation{observation(func(o *Observation) { o.Of = "https://as.example" })}, true},
		"glass: another server":             {"", "", []Observation{observation(func(o *Observation) { o.Of = "https://as.example/2" })}, false},
		"glass: the resource":               {"resources:\n" + resource(mcp, "enforce"), "https://FILES.example/mcp", []Observation{observation(func(o *Observation) { o.Of = mcp })}, true},
		"glass: the only resource":          {"resources:\n" + resource(mcp, "enforce"), "", []Observation{observation(func(o *Observation) { o.Of = mcp })}, true},
		"glass: another resource":           {"resources:\n" + resource(mcp, "enforce"), mcp, []Observation{observation(func(o *Observation) { o.Of = "https://b.example/" })}, false},
		"glass: ended":                      {"", "", []Observation{observation(func(o *Observation) { o.Until = vectortest.DrawnNow })}, false},
		"glass: in the last second":         {"", "", []Observation{observation(func(o *Observation) { o.Until = vectortest.DrawnNow.Add(time.Second) })}, true},
		"glass: not begun":                  {"", "", []Observation{observation(func(o *Observation) { o.At = vectortest.DrawnNow.Add(time.Second) })}, false},
		"glass: one ended and one in force": {"", "", append([]Observation{observation(func(o *Observation) { o.Until = vectortest.DrawnNow })}, inForce...), true},
	} {
		t.Run(name, func(t *testing.T) {
			store := &observingStore{observations: c.glass}
			o := newOffice(t, secure, signedZone(""), func(cfg *Config) {
				store.memStore, _ = cfg.Store.(*memStore)
				cfg.Store, cfg.Policy, cfg.Countersigner = store, declaring(t, c.policy), countersigner(t)
			})
			client := agent("")
			client.Scope, client.RedirectURIs = "r files:delete", []string{"http://127.0.0.1:7/cb"}
			d := o.decide(t, Request{Client: &client, Resource: c.resource})
			if (d.Mode == ModeObserve) != c.observed || (d.Would != nil) != c.observed || (d.Observation != nil) != (c.observed && c.glass != nil) {
				t.Fatalf("mode %q, would %+v, observation %+v", d.Mode, d.Would, d.Observation)
			}
			if passes := d.Outcome == Approved && d.Grant.Scope == client.Scope; passes != c.observed {
				t.Errorf("%s with %q", d.Outcome, d.Grant.Scope)
			}
			if d.Observation != nil && d.ExpiresAt.After(d.Observation.Until) {
				t.Errorf("acted upon until %s, observed until %s", d.ExpiresAt, d.Observation.Until)
			}
		})
	}
}

// Where nothing is enforced, what was asked for passes as it was claimed, nothing
// is signed, and nothing is said to be enforced; the tier is the real one.
func TestObserveLetsPassAsClaimed(t *testing.T) {
	const observe = "authorization_servers:\n  - {issuer: https://as.example, mode: observe}\n"
	forged := agent(stated(t, vectortest.Foreign, nil))
	signed := agent(stated(t, vectortest.Genuine, nil))
	signed.Scope, signed.GrantTypes = "files:read files:write admin", []string{"authorization_code", "urn:x"}
	for name, c := range map[string]struct {
		client metadata.Client
		tier   Tier
		would  string
		told   string
	}{
		"signed, and asking for more": {signed, TierSigned, "approved", "Published and signed by acme.example"},
		"forged":                      {forged, TierUnverified, "denied signature_invalid", `Nobody vouches for the name "Acme Agent"`},
		"nothing that can be granted": {metadata.Client{ClientName: "X", RedirectURIs: []string{"http://127.0.0.1/cb"}, Scope: "admin"}, TierUnverified, "denied scope_empty", `Nobody vouches for the name "X"`},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, secure, signedZone(""), func(cfg *Config) { cfg.Policy, cfg.Countersigner = declaring(t, observe), countersigner(t) })
			d := o.decide(t, registration(c.client))
			if d.Outcome != Approved || d.Tier != c.tier || d.Reason != "" || d.OAuthError != nil || d.Told != c.told || d.Countersigned != "" || d.Narrowed != nil {
				t.Errorf("%s %s at %s, told %q, signed %t", d.Outcome, d.Reason, d.Tier, d.Told, d.Countersigned != "")
			}
			if got := strings.TrimSpace(string(d.Would.Outcome) + " " + string(d.Would.Reason)); got != c.would || d.Would.Tier != c.tier {
				t.Errorf("it would be %s at %s", got, d.Would.Tier)
			}
			claimed, _ := c.client.MarshalJSON()
			if passed, _ := d.Client.MarshalJSON(); string(passed) != string(claimed) || d.Grant.Scope != c.client.Scope {
				t.Errorf("%s\npasses as\n%s with %q", claimed, passed, d.Grant.Scope)
			}
			if d.Grant.AccessTokenTTL+d.Grant.SessionTTL+d.Grant.ReauthenticateAfter != 0 || d.Grant.RefreshToken != "" || d.Grant.Consent != "" {
				t.Errorf("limits %+v", d.Grant)
			}
			for limit, by := range d.Enforcement {
				if by != "advisory" {
					t.Errorf("%s is said to be enforced by %s", limit, by)
				}
			}
			if _, err := countersigner(t).Sign(d); err == nil {
				t.Error("it can be signed")
			}
			if kept, err := o.Decision(t.Context(), d.ID); err != nil || kept.Would == nil {
				t.Errorf("the record says %+v, %v", kept.Would, err)
			}
		})
	}
}

// What is blocked stays denied, and what could not be checked passes only under
// an operator's word; what cannot be read never does.
func TestObserveStopsAtWhatIsBlocked(t *testing.T) {
	const observe = "authorization_servers:\n  - {issuer: https://as.example, mode: observe}\n"
	silent := map[string][]string{"dns": {"unavailable"}, "http": {"https://acme.example/.well-known/client-publisher.json timeout"}}
	for name, c := range map[string]struct {
		header map[string][]string
		tags   string
		policy string
		glass  bool
		hold   bool
		defect bool
		want   metadata.Reason
	}{
		"held":                           {secure, "", observe, false, true, false, metadata.ReasonOperatorHold},
		"held, glass":                    {secure, "", "", true, true, false, metadata.ReasonOperatorHold},
		"key revoked":                    {secure, "revoked", observe, true, false, false, metadata.ReasonKeyRevoked},
		"not checked":                    {silent, "", observe, false, false, false, metadata.ReasonKeysUnavailable},
		"not checked, glass":             {silent, "", "", true, false, false, ""},
		"not checked, observe and glass": {silent, "", observe, true, false, false, ""},
		"not readable, glass":            {secure, "", observe, true, false, true, metadata.ReasonMetadataMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			store := &observingStore{}
			if c.glass {
				store.observations = []Observation{observation(nil)}
			}
			zone := signedZone("")
			if c.tags == "revoked" {
				zone["dns.zone"] = vectortest.Acme.KeyRecordName() + `. 300 IN TXT "v=ck1; kid=` + vectortest.DrawnKeyID + `; k=ed25519; p="` + "\n"
			}
			o := newOffice(t, c.header, zone, func(cfg *Config) {
				store.memStore, _ = cfg.Store.(*memStore)
				cfg.Store, cfg.Policy = store, declaring(t, c.policy)
			})
			if c.hold {
				o.except(t, exception(t, "acme.example", TierBlocked))
			}
			req := registration(agent(stated(t, vectortest.Genuine, nil)))
			if c.defect {
				req.Defects = metadata.Defects{{Reason: metadata.ReasonMetadataMalformed, Member: "scope", Detail: "wrong type"}}
			}
			d := o.decide(t, req)
			if d.Reason != c.want || (d.Outcome == Approved) != (c.want == "") || (d.Would == nil) != (c.want != "") {
				t.Errorf("%s %s, would %+v", d.Outcome, d.Reason, d.Would)
			}
			if d.Would != nil && (d.Would.Reason != metadata.ReasonKeysUnavailable || store.commits != 1) {
				t.Errorf("would be %s, %d recorded", d.Would.Reason, store.commits)
			}
		})
	}
}

// What a rule or a hold refuses is refused where nothing is enforced, however the
// client writes it: an authorization server may read what we do not.
func TestObserveReadsWhatIsBlockedInEveryWriting(t *testing.T) {
	const observe = "authorization_servers:\n  - {issuer: https://as.example, mode: observe}\n"
	policy := `deny:
  - {name: evil, when: 'redirect_hosts.exists(h, within(h, "evil.example"))', reason: evil}
`
	for name, uri := range map[string]string{
		"fragment": "https://evil.example/cb#x", "userinfo": "https://good.example@evil.example/cb", "http": "http://evil.example/cb",
		"space": "https://evil.example/c b", "upper case and port": "HTTPS://EVIL.example:444/cb", "backslash": `https:\\evil.example\cb`,
		"below": "http://a.evil.example./cb",
	} {
		for by, held := range map[string]bool{"rule": false, "hold": true} {
			t.Run(name+", "+by, func(t *testing.T) {
				o := newOffice(t, secure, signedZone(""), func(cfg *Config) {
					text := observe
					if !held {
						text += policy
					}
					cfg.Policy = declaring(t, text)
				})
				if held {
					o.except(t, exception(t, "evil.example", TierBlocked))
				}
				d := o.decide(t, registration(metadata.Client{ClientName: "X", RedirectURIs: []string{uri}}))
				if d.Outcome != Denied || d.Tier != TierBlocked {
					t.Errorf("%s at %s: %s", d.Outcome, d.Tier, d.Reason)
				}
			})
		}
	}
}

// Who comes from where nobody may is not let pass for it: what is blocked stays so.
func TestObserveBlocksWhereverItComesFrom(t *testing.T) {
	policy := declaring(t, `authorization_servers:
  - {issuer: https://as.example, mode: observe}
sources:
  - {name: lab, looks_at: registrar, deny: {networks: [192.0.2.0/24]}, reason: a lab}
`)
	zone := signedZone("")
	zone["dns.zone"] = vectortest.Acme.KeyRecordName() + `. 300 IN TXT "v=ck1; kid=` + vectortest.DrawnKeyID + `; k=ed25519; p="` + "\n"
	for from, want := range map[string]metadata.Reason{"198.51.100.1": metadata.ReasonKeyRevoked, "192.0.2.1": metadata.ReasonSourceDenied, "::ffff:192.0.2.1": metadata.ReasonSourceDenied} {
		t.Run(from, func(t *testing.T) {
			o := newOffice(t, secure, zone, func(cfg *Config) { cfg.Policy = policy })
			c := agent(stated(t, vectortest.Genuine, nil))
			d := o.decide(t, Request{Client: &c, Source: netip.MustParseAddr(from)})
			if d.Outcome != Denied || d.Tier != TierBlocked || d.Reason != want {
				t.Errorf("%s at %s: %s, want %s", d.Outcome, d.Tier, d.Reason, want)
			}
		})
	}
}

// A stolen statement that is refused, and passes because nothing is enforced, costs
// the publisher that it names nothing, and gives its network no past with it.
func TestObservedTheftCostsNobody(t *testing.T) {
	g := newGate(t, ArrivalRates{NetworkPerSecond: 1, NetworkBurst: 100, PublisherPerSecond: 1, PublisherBurst: 4})
	g.SetPolicy(declaring(t, "authorization_servers:\n  - {issuer: https://as.example, mode: observe}\n"))
	stolen := agent(stated(t, vectortest.Genuine, nil))
	stolen.RedirectURIs = []string{"https://thief.example/"}
	if approved, limited := g.arrives(t, "192.0.2.1", stolen); !approved {
		t.Fatal(limited)
	}
	if rows, pasts := g.arrivals.rows.Len(), g.arrivals.pasts.recent.Len(); rows+pasts != 0 {
		t.Errorf("it made %d rows and %d pasts", rows, pasts)
	}
	g.wantServed(t, "acme", "198.51.100.1", shipped(t))
}
