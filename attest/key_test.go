package attest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/metadata"
)

func generate(t testing.TB, kt metadata.KeyType) Key {
	t.Helper()
	k, err := Generate("2026a", kt)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestGenerate(t *testing.T) {
	for _, kt := range []metadata.KeyType{metadata.KeyEd25519, metadata.KeyP256} {
		t.Run(string(kt), func(t *testing.T) {
			k := generate(t, kt)
			r, err := k.Record()
			if err != nil || r.Type != kt || r.KeyID != "2026a" {
				t.Errorf("record %s, error %v", r, err)
			}
			if other := generate(t, kt); other.Thumbprint() == k.Thumbprint() {
				t.Error("the same key twice")
			}
		})
	}
	for _, kid := range []string{"", "2026_a", "A", "-a", strings.Repeat("a", 64), "a/../b"} {
		if _, err := Generate(kid, metadata.KeyEd25519); err == nil {
			t.Errorf("kid %q is accepted", kid)
		}
	}
	if _, err := Generate("2026a", "rsa"); err == nil {
		t.Error("an unknown type is accepted")
	}
}

// publicOnly pretends to be a signer.
type publicOnly struct {
	crypto.Signer
	public crypto.PublicKey
}

func (p publicOnly) Public() crypto.PublicKey { return p.public }

func TestNewRefusesWeakKeys(t *testing.T) {
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsa2048, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	weak := *rsa2048
	weak.E = 3
	identity := append([]byte{1}, make([]byte, 31)...)
	tests := []struct {
		name   string
		signer crypto.Signer
	}{
		{"nothing", nil},
		{"C10 RSA", rsa2048},
		{"C10 RSA with exponent 3", &weak},
		{"C10 P-224", p224},
		{"P-384", p384},
		{"C10 Ed25519 of small order", publicOnly{public: ed25519.PublicKey(identity)}},
		{"C10 no public key", publicOnly{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if k, err := New("2026a", tt.signer); err == nil {
				t.Errorf("made %v", k)
			}
		})
	}
}

func TestKeysHideTheirPrivatePart(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		private := ed25519.NewKeyFromSeed(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(rt, "seed"))
		k, err := New("2026a", private)
		if err != nil {
			rt.Fatal(err)
		}
		hidden := struct{ k Key }{k}
		var shown bytes.Buffer
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%t", "%p"} {
			for _, v := range []any{k, &k, []Key{k}, map[string]Key{"a": k}, hidden, &hidden} {
				fmt.Fprintf(&shown, verb, v)
			}
		}
		inJSON, err := json.Marshal(map[string]any{"key": k, "pointer": &k})
		if err != nil {
			rt.Fatal(err)
		}
		shown.Write(inJSON)
		logger := slog.New(slog.NewJSONHandler(&shown, nil))
		logger.Info("signing", "key", k, "hidden", hidden)
		slog.New(slog.NewTextHandler(&shown, nil)).Info("signing", "key", k, "hidden", hidden)
		seed := private.Seed()
		for name, spelling := range map[string]string{
			"raw": string(seed), "hex": hex.EncodeToString(seed), "HEX": strings.ToUpper(hex.EncodeToString(seed)),
			"base64": base64.StdEncoding.EncodeToString(seed)[:42], "base64url": base64.RawURLEncoding.EncodeToString(seed)[:42],
			"decimal": strings.Trim(fmt.Sprintf("%d", seed), "[]"), "go": strings.TrimPrefix(fmt.Sprintf("%#v", seed), "[]byte"),
			"octal": strings.Trim(fmt.Sprintf("%o", seed), "[]"),
		} {
			if strings.Contains(shown.String(), spelling) {
				rt.Errorf("C7 the seed is shown in %s", name)
			}
		}
	})
}

func TestZeroKey(t *testing.T) {
	var k Key
	inJSON, err := json.Marshal(k)
	if err != nil || string(inJSON) != "null" || k.ID() != "" || k.Thumbprint() != "" || k.JWK() != nil || k.String() != "no key" {
		t.Errorf("the zero key is %v, in JSON %s, error %v", k, inJSON, err)
	}
	if _, err := k.Record(); err == nil {
		t.Error("it has a record")
	}
	if _, err := k.Sign(statement()); err == nil {
		t.Error("it signs")
	}
	if err := k.Save(t.TempDir()+"/a.pem", nil); err == nil {
		t.Error("it can be saved")
	}
}

func statement() metadata.Statement {
	return metadata.Statement{
		Publisher: metadata.MustPublisher("https://acme.example"),
		IssuedAt:  1767225600, ExpiresAt: 1774915200, ID: "0a1b",
		Client: metadata.Client{
			SoftwareID: "acme-agent", ClientName: "Acme Agent",
			RedirectURIs: []string{"https://acme.example/callback?a=1&b=2"},
		},
	}
}

func TestSign(t *testing.T) {
	for _, kt := range []metadata.KeyType{metadata.KeyEd25519, metadata.KeyP256} {
		t.Run(string(kt), func(t *testing.T) {
			k := generate(t, kt)
			raw, err := k.Sign(statement())
			if err != nil {
				t.Fatal(err)
			}
			c, err := jose.Parse(raw)
			if err != nil {
				t.Fatal(err)
			}
			r, err := k.Record()
			if err != nil {
				t.Fatal(err)
			}
			published, err := jose.FromRecord(r)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Verify(published); err != nil {
				t.Error(err)
			}
			s, err := metadata.ParseStatement(c.Payload)
			if err != nil || s.Client.RedirectURIs[0] != statement().Client.RedirectURIs[0] || s.ID != "0a1b" {
				t.Errorf("payload %s, error %v", c.Payload, err)
			}
			if c.Header.Type != jose.TypeStatement || c.Header.KeyID != "2026a" {
				t.Errorf("header %+v", c.Header)
			}
		})
	}
}

func TestSignRefusesWhatVerifiersDo(t *testing.T) {
	k := generate(t, metadata.KeyEd25519)
	tests := []struct {
		name   string
		change func(*metadata.Statement)
		want   metadata.Reason
	}{
		{"C6 no publisher", func(s *metadata.Statement) { s.Publisher = metadata.Publisher{} }, metadata.ReasonPublisherMissing},
		{"C6 no exp", func(s *metadata.Statement) { s.ExpiresAt = 0 }, metadata.ReasonClaimMissing},
		{"C6 no jti", func(s *metadata.Statement) { s.ID = "" }, metadata.ReasonClaimMissing},
		{"C6 exp before iat", func(s *metadata.Statement) { s.ExpiresAt = s.IssuedAt }, metadata.ReasonStatementMalformed},
		{"C6 367 days", func(s *metadata.Statement) { s.ExpiresAt = s.IssuedAt + 367*86400 }, metadata.ReasonStatementLifetimeTooLong},
		{"C6 no redirect_uris", func(s *metadata.Statement) { s.Client.RedirectURIs = nil }, metadata.ReasonClaimMissing},
		{"C6 http redirect", func(s *metadata.Statement) { s.Client.RedirectURIs = []string{"http://acme.example/cb"} }, metadata.ReasonRedirectURIMalformed},
		{"C6 bidi name", func(s *metadata.Statement) { s.Client.ClientName = "Acme \u202etnega" }, metadata.ReasonNameUnprintable},
		{"C6 private JWK", func(s *metadata.Statement) {
			s.Client.JWKS = json.RawMessage(`{"keys":[{"kty":"oct","k":"AA"}]}`)
		}, metadata.ReasonClaimForbidden},
		{"C6 instance statement", func(s *metadata.Statement) { s.Confirmation = json.RawMessage(`{"jkt":"a"}`) }, metadata.ReasonPossessionUnproven},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := statement()
			tt.change(&s)
			raw, err := k.Sign(s)
			wantReason(t, err, tt.want)
			if raw != "" {
				t.Error("signed nevertheless")
			}
		})
	}
}
