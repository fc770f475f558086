package verify_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// secretJWK is the public JWK of one key beside the private part of another.
func secretJWK(public, private jose.Signer) string {
	seed := private.Signer.(ed25519.PrivateKey).Seed()
	return strings.TrimSuffix(string(public.Key.JWK()), "}") + `,"d":"` + base64.RawURLEncoding.EncodeToString(seed) + `"}`
}

// exposing is a publisher document of a host with a JWK in it.
func exposing(p metadata.Publisher, jwk string) map[string]string {
	return map[string]string{p.PublisherDocumentURL(): fmt.Sprintf(`{"publisher":%q,"keys":[%s]}`, p, jwk)}
}

// Where a private key was seen once, the key is dead for good, wherever it was and
// whoever publishes it; and nobody ends a key of which they have the public part.
func TestExposedForGood(t *testing.T) {
	const foreignDocument = "https://other.example/client.json"
	other := verify.Presentation{ClientID: foreignDocument}
	document := func(more string) string {
		return fmt.Sprintf(`{"client_id":%q,"client_name":"Other","redirect_uris":["https://other.example/cb"]%s}`, foreignDocument, more)
	}
	secret := secretJWK(vectortest.Genuine, vectortest.Genuine)
	nonsense := secretJWK(vectortest.Genuine, vectortest.Foreign)
	stated := verify.Presentation{Statement: statement(t, nil)}
	byKeys := document(`,"token_endpoint_auth_method":"private_key_jwt","jwks_uri":"https://other.example/jwks.json"`)
	for name, tc := range map[string]struct {
		files     map[string]string
		presented verify.Presentation
		reason    metadata.Reason
	}{
		"K5 in its own publisher document":                 {exposing(vectortest.Acme, secret), stated, metadata.ReasonKeyExposed},
		"K5 in another's metadata document":                {map[string]string{foreignDocument: document(`,"jwks":{"keys":[` + secret + `]}`)}, other, metadata.ReasonKeyExposed},
		"K5 at another's jwks_uri":                         {map[string]string{foreignDocument: byKeys, "https://other.example/jwks.json": `{"keys":[` + secret + `]}`}, other, metadata.ReasonKeyExposed},
		"K5 the public part beside another's private part": {map[string]string{foreignDocument: document(`,"jwks":{"keys":[` + nonsense + `]}`)}, other, ""},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"dns.zone": liveZone["dns.zone"]}
			for address, text := range tc.files {
				files[address] = text
			}
			p := newPlace(t, []string{"dns: secure"}, files, nil).remembering(t)
			p.verify(t, tc.presented)
			for address := range tc.files {
				p.Answer(address, "404") // it is mended
			}
			p.after(time.Hour)
			want(t, p.remembering(t).verify(t, stated), outcomeOf(tc.reason), tc.reason)
		})
	}
	t.Run("K5 in the document of a host that is asked whether it lists the client", func(t *testing.T) {
		files := exposing(vectortest.Other, secret)
		files["dns.zone"] = liveZone["dns.zone"]
		p := newPlace(t, []string{"dns: secure"}, files, nil).remembering(t)
		p.verify(t, verify.Presentation{Statement: statement(t, func(s *metadata.Statement) {
			s.Client.RedirectURIs = []string{"https://other.example/cb", "https://acme.example/callback"}
		})})
		want(t, p.verify(t, stated), verify.Rejected, metadata.ReasonKeyExposed)
	})
	t.Run("K5 pinned", func(t *testing.T) {
		p := newPlace(t, nil, map[string]string{"roots.json": `{"publishers":{"` + vectortest.Acme.String() + `":{"keys":[` + string(vectortest.Genuine.Key.JWK()) + `]}}}`}, nil).remembering(t)
		want(t, p.verify(t, stated), verify.Verified, "")
		if err := p.Expose(t.Context(), []string{vectortest.Genuine.Key.Thumbprint()}, vectortest.DrawnNow); err != nil {
			t.Fatal(err)
		}
		v := p.verify(t, stated) // whose bytes are cached as verified
		want(t, v, verify.Rejected, metadata.ReasonKeyExposed)
		if f, _ := v.Finding(verify.CheckKeyLine); !strings.Contains(f.Detail, vectortest.Genuine.Key.Thumbprint()) {
			t.Errorf("the finding does not name the key: %q", f.Detail)
		}
	})
	t.Run("K5 under another kid and publisher", func(t *testing.T) {
		p := newPlace(t, []string{"dns: secure"}, map[string]string{"dns.zone": zone(record(vectortest.Foreign))}, nil).remembering(t)
		if err := p.Expose(t.Context(), []string{vectortest.Foreign.Key.Thumbprint()}, vectortest.DrawnNow); err != nil {
			t.Fatal(err)
		}
		s, err := vectortest.Sign(metadata.Statement{Publisher: vectortest.Acme, ID: "1", IssuedAt: vectortest.DrawnNow.Unix() - 60, ExpiresAt: vectortest.DrawnNow.Unix() + 3600,
			Client: metadata.Client{SoftwareID: "acme-agent", ClientName: "Acme Agent", RedirectURIs: []string{"https://acme.example/callback"}}}, vectortest.Foreign)
		if err != nil {
			t.Fatal(err)
		}
		want(t, p.verify(t, verify.Presentation{Statement: s}), verify.Rejected, metadata.ReasonKeyExposed)
	})
}

func outcomeOf(reason metadata.Reason) verify.Outcome {
	if reason == "" {
		return verify.Verified
	}
	return verify.Rejected
}

// A client that is known by a key is not known by one that everybody has.
func TestExposedClientKey(t *testing.T) {
	byKey := metadata.Client{ClientName: "Acme Agent", RedirectURIs: []string{"https://acme.example/callback"}, TokenEndpointAuthMethod: "private_key_jwt"}
	embedded := byKey
	embedded.JWKS = []byte(`{"keys":[` + string(vectortest.Foreign.Key.JWK()) + `]}`)
	byKey.JWKSURI = "https://acme.example/jwks.json"
	files := map[string]string{"dns.zone": liveZone["dns.zone"], byKey.JWKSURI: string(embedded.JWKS)}
	for name, client := range map[string]metadata.Client{"K5 at jwks_uri": byKey, "K5 in jwks": embedded} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, []string{"dns: secure"}, files, nil).remembering(t)
			presented := verify.Presentation{Client: &metadata.Client{ClientName: client.ClientName, RedirectURIs: client.RedirectURIs, SoftwareStatement: statement(t, func(s *metadata.Statement) {
				s.Client = client
				s.Client.SoftwareID = "acme-agent"
			})}}
			want(t, p.verify(t, presented), verify.Verified, "")
			if err := p.Expose(t.Context(), []string{vectortest.Foreign.Key.Thumbprint()}, vectortest.DrawnNow); err != nil {
				t.Fatal(err)
			}
			v := p.verify(t, presented)
			want(t, v, verify.Rejected, metadata.ReasonKeyExposed)
			wantFinding(t, v, verify.CheckPossession, verify.Failed, metadata.ReasonKeyExposed)
			if last := v.Findings[len(v.Findings)-1]; last.Reason != metadata.ReasonKeyExposed || last.Evidence.Thumbprint != vectortest.Foreign.Key.Thumbprint() {
				t.Errorf("it went on, or names another key\n%s", findings(v))
			}
		})
	}
}

// A memory that does not answer is no memory that knows nothing.
func TestBrokenMemoryOfExposures(t *testing.T) {
	p := newPlace(t, []string{"dns: secure"}, liveZone, nil)
	var log bytes.Buffer
	broken := func(m verify.Memory) *verify.Verifier {
		cfg, err := p.Config()
		if err != nil {
			t.Fatal(err)
		}
		cfg.Now, cfg.Memory, cfg.Logger = p.clock, m, slog.New(slog.NewTextHandler(&log, nil))
		verifier, err := verify.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		return verifier
	}
	if v, err := broken(unexposed{p.World}).Verify(t.Context(), verify.Presentation{Statement: statement(t, nil)}); err == nil {
		t.Errorf("whether the key is exposed is not known: %s", v.Outcome)
	}
	embedded := keyed()
	embedded.Client.JWKS, embedded.Client.JWKSURI = []byte(`{"keys":[`+string(vectortest.Foreign.Key.JWK())+`]}`), ""
	if v, err := broken(unexposed{p.World}).Verify(t.Context(), embedded); err == nil {
		t.Errorf("whether the client's key is exposed is not known: %s", v.Outcome)
	}
	v, err := broken(unexposed{p.World}).Verify(t.Context(), keyed())
	if err != nil {
		t.Errorf("a client whose keys cannot be had waits for the memory: %v", err)
	} else {
		wantFinding(t, v, verify.CheckPossession, verify.Failed, metadata.ReasonKeyUnusable)
	}
	p.Serve(vectortest.KeySetURL, embedded.Client.JWKS)
	if v, err := broken(unexposed{p.World}).Verify(t.Context(), keyed()); err == nil {
		t.Errorf("whether the key at jwks_uri is exposed is not known: %s", v.Outcome)
	}
	log.Reset()
	p.Serve(vectortest.Acme.PublisherDocumentURL(), []byte(exposing(vectortest.Acme, secretJWK(vectortest.Genuine, vectortest.Genuine))[vectortest.Acme.PublisherDocumentURL()]))
	v, err = broken(unexposed{p.World}).Verify(t.Context(), verify.Presentation{Statement: statement(t, nil)})
	if err != nil {
		t.Fatal(err)
	}
	want(t, v, verify.Rejected, metadata.ReasonKeyExposed)
	wantWarning(t, &log)
}

// unexposed is a memory that fails where exposed keys are concerned.
type unexposed struct{ verify.Memory }

func (unexposed) Expose(context.Context, []string, time.Time) error { return errForgotten }

func (unexposed) Exposed(context.Context, []string) ([]verify.Exposure, error) {
	return nil, errForgotten
}
