package countersigntest_test

import (
	"testing"

	"github.com/fc28f635/countersign/internal/countersigntest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
	"github.com/fc28f635/countersign/verify/online"
)

func newVerifier(t *testing.T, w *countersigntest.World) *verify.Verifier {
	t.Helper()
	v, err := online.New(online.Config{
		Resolvers: []online.Resolver{{Address: w.Resolver()}}, RootCAs: w.CA(),
		InsecureLoopback: true, InsecureConnectTo: w.ConnectTo,
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func newPublisher(t *testing.T, w *countersigntest.World, domain string) *countersigntest.Publisher {
	t.Helper()
	p, err := w.NewPublisher(domain)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var agent = metadata.Client{ClientName: "Acme Agent", SoftwareID: "acme-agent", RedirectURIs: []string{"https://acme.example/callback"}}

// What a verifier that knows nothing of the package sees of a publisher.
func TestPublisher(t *testing.T) {
	sign := func(edits ...countersigntest.Edit) func(*countersigntest.Publisher) (string, error) {
		return func(p *countersigntest.Publisher) (string, error) { return p.Sign(agent, edits...) }
	}
	forge := func(p *countersigntest.Publisher) (string, error) { return p.Forge(agent) }
	tamper := func(p *countersigntest.Publisher) (string, error) {
		s, err := p.Sign(agent)
		if err != nil {
			return "", err
		}
		return countersigntest.Tamper(s)
	}
	record := func(p *countersigntest.Publisher) error { return p.PublishRecord(nil) }
	revoked := func(p *countersigntest.Publisher) error {
		if err := p.PublishDocument(func(d *metadata.PublisherDocument) { d.Keys = nil }); err != nil {
			return err
		}
		return p.PublishRecord(func(r *metadata.KeyRecord) { r.PublicKey = "" })
	}
	const as = "https://as.example"
	for name, tc := range map[string]struct {
		publish   func(*countersigntest.Publisher) error
		statement func(*countersigntest.Publisher) (string, error)
		reason    metadata.Reason // none is verified
	}{
		"published and signed": {(*countersigntest.Publisher).Publish, sign(), ""},
		"for one server":       {(*countersigntest.Publisher).Publish, sign(countersigntest.For(as)), ""},
		"for another server":   {(*countersigntest.Publisher).Publish, sign(countersigntest.For("https://other.example")), metadata.ReasonAudienceMismatch},
		"in DNS only":          {record, sign(), ""},
		"not published":        {func(*countersigntest.Publisher) error { return nil }, sign(), metadata.ReasonPublisherUnknown},
		"revoked":              {revoked, sign(), metadata.ReasonKeyRevoked},
		"forged":               {(*countersigntest.Publisher).Publish, forge, metadata.ReasonSignatureInvalid},
		"tampered":             {(*countersigntest.Publisher).Publish, tamper, metadata.ReasonSignatureInvalid},
		"expired":              {(*countersigntest.Publisher).Publish, sign(countersigntest.Expired), metadata.ReasonStatementExpired},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, countersigntest.Config{})
			p := newPublisher(t, w, "acme.example")
			if err := tc.publish(p); err != nil {
				t.Fatal(err)
			}
			statement, err := tc.statement(p)
			if err != nil {
				t.Fatal(err)
			}
			v, err := newVerifier(t, w).Verify(t.Context(), verify.Presentation{Statement: statement, Audience: as})
			if err != nil {
				t.Fatal(err)
			}
			if v.Reason() != tc.reason || (v.Outcome == verify.Verified) != (tc.reason == "") {
				t.Errorf("%s %q, want %q: %+v", v.Outcome, v.Reason(), tc.reason, v.Findings)
			}
		})
	}
}

func TestPublishClient(t *testing.T) {
	w := newWorld(t, countersigntest.Config{})
	p := newPublisher(t, w, "acme.example")
	if err := p.Publish(); err != nil {
		t.Fatal(err)
	}
	for path, signed := range map[string]bool{"/mcp/client.json": true, "/mcp/unsigned.json": false} {
		id, err := p.PublishClient(path, agent, signed)
		if err != nil || id != "https://acme.example"+path {
			t.Fatal(id, err)
		}
		v, err := newVerifier(t, w).Verify(t.Context(), verify.Presentation{ClientID: id})
		if err != nil {
			t.Fatal(err)
		}
		if v.Outcome != verify.Verified || v.Passed(verify.CheckSignature) != signed || !v.Passed(verify.CheckMetadataDocument) {
			t.Errorf("%s: %s, %+v", path, v.Outcome, v.Findings)
		}
	}
}

func TestNewPublisherRefuses(t *testing.T) {
	w := newWorld(t, countersigntest.Config{})
	for _, domain := range []string{"", "acme", "Acme Example", "127.0.0.1"} {
		if p, err := w.NewPublisher(domain); err == nil {
			t.Errorf("%q made %v", domain, p.Name)
		}
	}
}

func TestTamperRefuses(t *testing.T) {
	for _, s := range []string{"", "a.b", "a.!.c"} {
		if got, err := countersigntest.Tamper(s); err == nil {
			t.Errorf("%q became %q", s, got)
		}
	}
}
