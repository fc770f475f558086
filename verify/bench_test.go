package verify_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/fc28f635/countersign/attest"
	"github.com/fc28f635/countersign/trustroots"
	"github.com/fc28f635/countersign/verify"
)

// benchTime is within the life of the statements below.
var benchTime = time.Unix(1767312000, 0)

// benchPayload is the payload of a release statement of ordinary size, with a
// place for its jti: 1.5 KB once it is signed.
const benchPayload = `{"iss":"https://acme.example","iat":1767225600,"exp":1774915200,` +
	`"jti":"0b6f6b3c-3f0e-4b5e-9a0a-%012d","software_id":"acme-agent","software_version":"4.12.0",` +
	`"client_name":"Acme Agent","client_name#de":"Acme-Agent","client_uri":"https://acme.example/agent",` +
	`"logo_uri":"https://acme.example/agent/logo.png","tos_uri":"https://acme.example/terms",` +
	`"policy_uri":"https://acme.example/privacy","contacts":["security@acme.example"],` +
	`"redirect_uris":["https://acme.example/mcp/callback","http://127.0.0.1/callback","http://localhost/callback"],` +
	`"grant_types":["authorization_code","refresh_token"],"response_types":["code"],` +
	`"scope":"files.read files.write calendar.read calendar.write","application_type":"native",` +
	`"token_endpoint_auth_method":"none","dpop_bound_access_tokens":true,` +
	`"require_pushed_authorization_requests":true,"x_release_channel":"stable",` +
	`"x_build":{"commit":"5c3f1e0d9a7b","reproducible":true,"builder":"https://build.acme.example/42"}}`

// A signed statement, and what a bare signature check takes.
type signed struct {
	compact   string
	input     []byte
	signature []byte // ASN.1 for ES256
}

// benchStatements are more statements than a Verifier remembers, so that going
// round through them each is new to it.
func benchStatements(b testing.TB, alg string, key crypto.Signer) []signed {
	b.Helper()
	const distinct = 4096 + 512
	encode := base64.RawURLEncoding.EncodeToString
	header := encode([]byte(`{"alg":"` + alg + `","kid":"2026a","typ":"software-statement+jwt"}`))
	list := make([]signed, distinct)
	for i := range list {
		input := []byte(header + "." + encode(fmt.Appendf(nil, benchPayload, i)))
		digest, hash := input, crypto.Hash(0)
		if alg == "ES256" {
			sum := sha256.Sum256(input)
			digest, hash = sum[:], crypto.SHA256
		}
		signature, err := key.Sign(rand.Reader, digest, hash)
		if err != nil {
			b.Fatal(err)
		}
		raw := signature
		if alg == "ES256" {
			raw = fixed(b, signature)
		}
		list[i] = signed{compact: string(input) + "." + encode(raw), input: input, signature: signature}
	}
	return list
}

// fixed is an ES256 signature in the form of RFC 7518, Section 3.4.
func fixed(b testing.TB, der []byte) []byte {
	b.Helper()
	var rs struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &rs); err != nil {
		b.Fatal(err)
	}
	raw := make([]byte, 64)
	rs.R.FillBytes(raw[:32])
	rs.S.FillBytes(raw[32:])
	return raw
}

// pinning is a Verifier that has the key at hand.
func pinning(b testing.TB, key crypto.Signer) *verify.Verifier {
	b.Helper()
	k, err := attest.New("2026a", key)
	if err != nil {
		b.Fatal(err)
	}
	pins := fmt.Appendf(nil, `{"publishers":{"https://acme.example":{"keys":[%s]}}}`, k.JWK())
	loaded, err := trustroots.Parse(pins, "pins.json")
	if err != nil {
		b.Fatal(err)
	}
	v, err := verify.New(verify.Config{Roots: loaded.Set, Now: func() time.Time { return benchTime }})
	if err != nil {
		b.Fatal(err)
	}
	return v
}

// benchVerify verifies the statements in turn.
func benchVerify(b *testing.B, v *verify.Verifier, list []signed) {
	b.Helper()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		verdict, err := v.Verify(b.Context(), verify.Presentation{Statement: list[i].compact})
		if err != nil || verdict.Outcome != verify.Verified {
			b.Fatal(verdict, err)
		}
		if i++; i == len(list) {
			i = 0
		}
	}
}

// benchBare checks the signatures of the statements in turn, and nothing else.
func benchBare(b *testing.B, list []signed, check func(signed) bool) {
	b.Helper()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if !check(list[i]) {
			b.Fatal("the bare check fails")
		}
		if i++; i == len(list) {
			i = 0
		}
	}
}

// BenchmarkStatement has goals P1 and P2: a statement that is new, the same one
// again, and the bare check of its signature. The 1.5 KB are those of the
// statement as it is presented.
func BenchmarkStatement(b *testing.B) {
	b.Run("EdDSA", func(b *testing.B) {
		public, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			b.Fatal(err)
		}
		benchStatement(b, "EdDSA", key, bareEdDSA(public))
	})
	b.Run("ES256", func(b *testing.B) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			b.Fatal(err)
		}
		benchStatement(b, "ES256", key, bareES256(&key.PublicKey))
	})
}

func bareEdDSA(key ed25519.PublicKey) func(signed) bool {
	return func(s signed) bool { return ed25519.Verify(key, s.input, s.signature) }
}

func bareES256(key *ecdsa.PublicKey) func(signed) bool {
	return func(s signed) bool {
		sum := sha256.Sum256(s.input)
		return ecdsa.VerifyASN1(key, sum[:], s.signature)
	}
}

func benchStatement(b *testing.B, alg string, key crypto.Signer, bare func(signed) bool) {
	b.Helper()
	list := benchStatements(b, alg, key)
	b.Run("bare", func(b *testing.B) { benchBare(b, list, bare) })
	b.Run("new", func(b *testing.B) { benchVerify(b, pinning(b, key), list) })
	b.Run("again", func(b *testing.B) { benchVerify(b, pinning(b, key), list[:1]) })
}
