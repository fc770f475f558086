package jose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
)

const (
	unusableReason = metadata.ReasonKeyUnusable
	exposedReason  = metadata.ReasonKeyExposed
)

// smallOrderEncodings returns the fourteen encodings of points of small order:
// each y, also written with p added where that fits, with either sign.
func smallOrderEncodings(t testing.TB) [][]byte {
	t.Helper()
	var all [][]byte
	for _, y := range smallOrderY {
		for _, written := range []*big.Int{y, new(big.Int).Add(y, edwardsP)} {
			if written.BitLen() > 255 {
				continue
			}
			raw := written.FillBytes(make([]byte, 32))
			slices.Reverse(raw)
			negative := slices.Clone(raw)
			negative[31] |= 0x80
			all = append(all, raw, negative)
		}
	}
	if len(all) != 14 {
		t.Fatalf("%d encodings", len(all))
	}
	return all
}

func okp(x []byte) json.RawMessage {
	return json.RawMessage(`{"kty":"OKP","crv":"Ed25519","kid":"2026a","x":"` + encode(x) + `"}`)
}

func TestSmallOrder(t *testing.T) {
	for i, raw := range smallOrderEncodings(t) {
		t.Run("F3 J69 encoding "+strconv.Itoa(i), func(t *testing.T) {
			_, err := ParseJWK(okp(raw))
			wantReason(t, err, unusableReason)
			_, err = FromPublic("2026a", ed25519.PublicKey(raw))
			wantReason(t, err, unusableReason)
			_, err = FromRecord(metadata.KeyRecord{KeyID: "2026a", Type: metadata.KeyEd25519, PublicKey: string(raw)})
			wantReason(t, err, unusableReason)
		})
	}
	t.Run("F3 each makes the standard library verify what nobody signed", func(t *testing.T) {
		nothing := append([]byte{1}, make([]byte, 63)...) // R is the identity, S is 0
		for i, raw := range smallOrderEncodings(t) {
			verified := 0
			for message := range byte(200) {
				if ed25519.Verify(raw, []byte{message}, nothing) {
					verified++
				}
			}
			if verified == 0 {
				t.Errorf("encoding %d is no point of small order", i)
			}
		}
	})
	t.Run("F3 J69 other coordinates not below p", func(t *testing.T) {
		for above := range int64(19) {
			raw := new(big.Int).Add(edwardsP, big.NewInt(above)).FillBytes(make([]byte, 32))
			slices.Reverse(raw)
			_, err := ParseJWK(okp(raw))
			wantReason(t, err, unusableReason)
		}
	})
	t.Run("K14 Ed25519 coordinates that no point has", func(t *testing.T) {
		raw := make([]byte, 32)
		raw[0] = 2 // y = 2 is not on the curve
		_, err := ParseJWK(okp(raw))
		wantReason(t, err, unusableReason)
	})
}

func TestGeneratedKeysAreUsable(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.SliceOfN(rapid.Byte(), ed25519.SeedSize, ed25519.SeedSize).Draw(rt, "seed")
		k, err := FromPublic("2026a", ed25519.NewKeyFromSeed(seed).Public())
		if err != nil {
			rt.Fatal(err)
		}
		again, err := ParseJWK(k.JWK())
		if err != nil {
			rt.Fatal(err)
		}
		r, ok := k.Record()
		fromRecord, err := FromRecord(r)
		if !ok || err != nil {
			rt.Fatalf("no record: %v", err)
		}
		for _, other := range []Key{again, fromRecord} {
			if diff := cmp.Diff(k, other, cmp.AllowUnexported(Key{})); diff != "" {
				rt.Fatal(diff)
			}
		}
	})
}

func TestKeyRoundTrips(t *testing.T) {
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name     string
		private  crypto.Signer
		alg      string
		inRecord bool
	}{
		{"Ed25519", edSigner(t, 'a').Signer, EdDSA, true},
		{"P-256", p256Signer(t).Signer, ES256, true},
		{"P-384", p384, ES384, false},
		{"RSA", rsaPrivate(t), "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k := signerOf(t, "2026a", tt.private).Key
			if k.Algorithm() != tt.alg || k.ID() != "2026a" || k.NotAfter() != 0 {
				t.Errorf("key %q with algorithm %q until %d", k.ID(), k.Algorithm(), k.NotAfter())
			}
			again, err := ParseJWK(k.JWK())
			if err != nil {
				t.Fatal(err)
			}
			if string(again.JWK()) != string(k.JWK()) || again.Thumbprint() != k.Thumbprint() || again.Algorithm() != k.Algorithm() {
				t.Errorf("JWK %s is read as %s", k.JWK(), again.JWK())
			}
			r, ok := k.Record()
			if ok != tt.inRecord {
				t.Fatalf("has a record: %v", ok)
			}
			if !ok {
				return
			}
			parsed, err := metadata.ParseKeyRecord(r.String())
			if err != nil {
				t.Fatal(err)
			}
			back, err := FromRecord(parsed)
			if err != nil {
				t.Fatal(err)
			}
			if string(back.JWK()) != string(k.JWK()) {
				t.Errorf("record %s is read as %s", r, back.JWK())
			}
		})
	}
	t.Run("zero key", func(t *testing.T) {
		if _, ok := (Key{}).Record(); ok || (Key{}).JWK() != nil || (Key{}).Thumbprint() != "" {
			t.Error("the zero key is something")
		}
	})
	t.Run("a kid that DNS cannot hold", func(t *testing.T) {
		if _, ok := signerOf(t, "2026_A", edSigner(t, 'a').Signer).Key.Record(); ok {
			t.Error("it has a record")
		}
	})
}

func TestFromRecord(t *testing.T) {
	ed, _ := edSigner(t, 'a').Key.Record()
	ec, _ := p256Signer(t).Key.Record()
	with := func(r metadata.KeyRecord, change func(*metadata.KeyRecord)) metadata.KeyRecord {
		change(&r)
		return r
	}
	tests := []struct {
		name   string
		record metadata.KeyRecord
		want   metadata.Reason
	}{
		{"sound", ed, ""},
		{"revoked", with(ed, func(r *metadata.KeyRecord) { r.PublicKey = "" }), metadata.ReasonKeyRevoked},
		{"unknown type", with(ed, func(r *metadata.KeyRecord) { r.Type = "rsa" }), unusableReason},
		{"J70 31 bytes", with(ed, func(r *metadata.KeyRecord) { r.PublicKey = r.PublicKey[1:] }), unusableReason},
		{"K14 off the curve", with(ec, func(r *metadata.KeyRecord) { r.PublicKey = "\x02" + strings.Repeat("\xff", 32) }), unusableReason},
		{"K14 another form", with(ec, func(r *metadata.KeyRecord) { r.PublicKey = "\x04" + r.PublicKey[1:] }), unusableReason},
		{"no kid", with(ed, func(r *metadata.KeyRecord) { r.KeyID = "" }), unusableReason},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := FromRecord(tt.record)
			wantReason(t, err, tt.want)
		})
	}
	t.Run("end of life", func(t *testing.T) {
		k, err := FromRecord(with(ed, func(r *metadata.KeyRecord) { r.NotAfter = 1774915200 }))
		if err != nil || k.NotAfter() != 1774915200 {
			t.Errorf("until %d, error %v", k.NotAfter(), err)
		}
	})
}

func TestParseJWK(t *testing.T) {
	ed, ec := edSigner(t, 'a').Key.JWK(), p256Signer(t).Key.JWK()
	rsaJWK := signerOf(t, "2026a", rsaPrivate(t)).Key.JWK()
	point, err := p256Signer(t).Key.Public().(*ecdsa.PublicKey).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	x, y := point[1:33], point[33:]
	p := elliptic.P256().Params().P
	modulus := rsaPrivate(t).N
	// A modulus of n bits that nothing speaks against but its size.
	bits := func(n uint) string {
		m := new(big.Int).Lsh(big.NewInt(1), n-1)
		for m.Add(m, big.NewInt(1)); new(big.Int).GCD(nil, nil, m, smallPrimes()).Cmp(big.NewInt(1)) != 0; {
			m.Add(m, big.NewInt(2))
		}
		return encode(m.Bytes())
	}
	tests := []struct {
		name    string
		base    json.RawMessage
		changes map[string]any
		want    metadata.Reason
	}{
		{"Ed25519", ed, nil, ""},
		{"P-256", ec, nil, ""},
		{"RSA", rsaJWK, nil, ""},
		{"K5 d of Ed25519", ed, map[string]any{"d": "AA"}, exposedReason},
		{"K5 d of P-256", ec, map[string]any{"d": "AA"}, exposedReason},
		{"K5 d that is no string", ed, map[string]any{"d": 0}, exposedReason},
		{"K5 p", rsaJWK, map[string]any{"p": "AA"}, exposedReason},
		{"K5 q", rsaJWK, map[string]any{"q": "AA"}, exposedReason},
		{"K5 dp", rsaJWK, map[string]any{"dp": "AA"}, exposedReason},
		{"K5 dq", rsaJWK, map[string]any{"dq": "AA"}, exposedReason},
		{"K5 qi", rsaJWK, map[string]any{"qi": "AA"}, exposedReason},
		{"K5 oth", rsaJWK, map[string]any{"oth": []any{}}, exposedReason},
		{"K5 k", ed, map[string]any{"k": "AA"}, exposedReason},
		{"K5 priv", ed, map[string]any{"priv": "AA"}, exposedReason},
		{"K5 oct", ed, map[string]any{"kty": "oct"}, exposedReason},
		{"K5 exposed and without kid", ed, map[string]any{"d": "AA", "kid": nil}, exposedReason},
		{"J26 D is not d", ed, map[string]any{"D": "AA"}, ""},
		{"F5 use enc", ed, map[string]any{"use": "enc"}, unusableReason},
		{"F5 use null", ed, map[string]any{"use": json.RawMessage("null")}, unusableReason},
		{"F5 use sig", ed, map[string]any{"use": "sig"}, ""},
		{"F5 key_ops encrypt", ed, map[string]any{"key_ops": []string{"encrypt"}}, unusableReason},
		{"F5 key_ops empty", ed, map[string]any{"key_ops": []string{}}, unusableReason},
		{"F5 key_ops a string", ed, map[string]any{"key_ops": "verify"}, unusableReason},
		{"F5 key_ops verify", ed, map[string]any{"key_ops": []string{"verify"}}, ""},
		{"J70 X25519", ed, map[string]any{"crv": "X25519"}, unusableReason},
		{"J70 Ed448", ed, map[string]any{"crv": "Ed448"}, unusableReason},
		{"J70 Ed25519 key given as P-256", ed, map[string]any{"crv": "P-256"}, unusableReason},
		{"J70 EC with crv Ed25519", ed, map[string]any{"kty": "EC"}, unusableReason},
		{"J70 x of 31 bytes", ed, map[string]any{"x": encode(make([]byte, 31))}, unusableReason},
		{"J70 x of 33 bytes", ed, map[string]any{"x": encode(make([]byte, 33))}, unusableReason},
		{"J70 x missing", ed, map[string]any{"x": nil}, unusableReason},
		{"J70 x padded", ed, map[string]any{"x": encode(x) + "="}, unusableReason},
		{"F6 x with a line feed", ec, map[string]any{"x": encode(x)[:8] + "\n" + encode(x)[8:]}, unusableReason},
		{"K14 off the curve", ec, map[string]any{"y": encode(x)}, unusableReason},
		{"K14 origin", ec, map[string]any{"x": encode(make([]byte, 32)), "y": encode(make([]byte, 32))}, unusableReason},
		{"K14 x beyond p", ec, map[string]any{"x": encode(p.Bytes())}, unusableReason},
		{"K14 wrong curve", ec, map[string]any{"crv": "P-384"}, unusableReason},
		{"K14 secp256k1", ec, map[string]any{"crv": "secp256k1"}, unusableReason},
		{"K14 P-521", ec, map[string]any{"crv": "P-521"}, unusableReason},
		{"K14 compressed", ec, map[string]any{"x": encode(append([]byte{2}, x...)), "y": nil}, unusableReason},
		{"K14 y missing", ec, map[string]any{"y": nil}, unusableReason},
		{"K14 leading zero added", ec, map[string]any{"y": encode(append([]byte{0}, y...))}, unusableReason},
		{"K14 x cut, y longer by as much", ec, map[string]any{"x": encode(point[1:32]), "y": encode(point[32:])}, unusableReason},
		{"K14 y cut", ec, map[string]any{"y": encode(y[1:])}, unusableReason},
		{"F12 K11 RSA of 65,536 bits", rsaJWK, map[string]any{"n": bits(65536)}, unusableReason},
		{"F12 K11 RSA of 4,097 bits", rsaJWK, map[string]any{"n": bits(4097)}, unusableReason},
		{"RSA of 2,048 bits", rsaJWK, map[string]any{"n": bits(2048)}, ""},
		{"RSA of 4,096 bits", rsaJWK, map[string]any{"n": bits(4096)}, ""},
		{"F12 RSA of 2,047 bits", rsaJWK, map[string]any{"n": bits(2047)}, unusableReason},
		{"F12 RSA of 1,024 bits", rsaJWK, map[string]any{"n": bits(1024)}, unusableReason},
		{"K13 even modulus", rsaJWK, map[string]any{"n": encode(new(big.Int).Lsh(big.NewInt(1), 2047).Bytes())}, unusableReason},
		{"K13 modulus 0", rsaJWK, map[string]any{"n": "AA"}, unusableReason},
		{"K13 modulus with factor 3", rsaJWK, map[string]any{"n": encode(new(big.Int).Mul(new(big.Int).Rsh(modulus, 1), big.NewInt(3)).Bytes())}, unusableReason},
		{"K13 exponent 1", rsaJWK, map[string]any{"e": "AQ"}, unusableReason},
		{"K13 exponent 3", rsaJWK, map[string]any{"e": "Aw"}, unusableReason},
		{"K13 even exponent", rsaJWK, map[string]any{"e": encode([]byte{1, 0, 2})}, unusableReason},
		{"K13 exponent beyond int32", rsaJWK, map[string]any{"e": encode([]byte{1, 0, 0, 0, 1})}, unusableReason},
		{"K13 exponent beyond int64", rsaJWK, map[string]any{"e": encode([]byte{1, 0, 0, 0, 0, 0, 1, 0, 1})}, unusableReason},
		{"K13 modulus with leading zero", rsaJWK, map[string]any{"n": encode(append([]byte{0}, modulus.Bytes()...))}, unusableReason},
		{"K13 exponent with leading zero", rsaJWK, map[string]any{"e": encode([]byte{0, 1, 0, 1})}, unusableReason},
		{"K18 x5u and jku are ignored", ed, map[string]any{"x5u": "http://169.254.169.254/", "jku": 1}, ""},
		{"K19 revoked", ed, map[string]any{"revoked": map[string]any{"revoked_at": 1}}, unusableReason},
		{"K19 revoked null", ed, map[string]any{"revoked": json.RawMessage("null")}, unusableReason},
		{"K19 exp no integer", ed, map[string]any{"exp": "tomorrow"}, unusableReason},
		{"K19 exp zero", ed, map[string]any{"exp": 0}, unusableReason},
		{"kid missing", ed, map[string]any{"kid": nil}, unusableReason},
		{"kid a number", ed, map[string]any{"kid": 2026}, unusableReason},
		{"kid malformed", ed, map[string]any{"kid": "a b"}, unusableReason},
		{"kty missing", ed, map[string]any{"kty": nil}, unusableReason},
		{"kty unknown", ed, map[string]any{"kty": "AKP"}, unusableReason},
		{"alg of the key", ed, map[string]any{"alg": "Ed25519"}, ""},
		{"J4 alg of another type", ed, map[string]any{"alg": "ES256"}, unusableReason},
		{"J4 alg unknown", rsaJWK, map[string]any{"alg": "RS512"}, unusableReason},
		{"J4 alg a number", ed, map[string]any{"alg": 1}, unusableReason},
		{"unknown members", ed, map[string]any{"iat": 1, "x5t": "AA"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseJWK(edit(t, tt.base, tt.changes))
			wantReason(t, err, tt.want)
		})
	}
	for name, raw := range map[string]string{
		"J25 x twice":     `{"kty":"OKP","crv":"Ed25519","kid":"a","x":"AA","x":"AA"}`,
		"a list":          `[]`,
		"nothing":         ``,
		"null":            `null`,
		"J44 many levels": `{"x":` + strings.Repeat("[", 100000) + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseJWK(json.RawMessage(raw))
			wantReason(t, err, unusableReason)
		})
	}
	t.Run("K19 exp is the caller's to judge", func(t *testing.T) {
		k, err := ParseJWK(edit(t, ed, map[string]any{"exp": 1774915200}))
		if err != nil || k.NotAfter() != 1774915200 {
			t.Fatalf("until %d, error %v", k.NotAfter(), err)
		}
		again, err := ParseJWK(k.JWK())
		if err != nil || again.NotAfter() != k.NotAfter() {
			t.Errorf("lost in %s", k.JWK())
		}
	})
}

func TestThumbprint(t *testing.T) {
	// RFC 8037, Appendix A.3.
	k, err := ParseJWK(json.RawMessage(`{"kty":"OKP","crv":"Ed25519","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := k.Thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"; got != want {
		t.Errorf("thumbprint %s, want %s", got, want)
	}
	// RFC 7638, Section 3.1.
	k, err = ParseJWK(json.RawMessage(`{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := k.Thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"; got != want {
		t.Errorf("thumbprint %s, want %s", got, want)
	}
	t.Run("K16 extra members, order and kid change nothing", func(t *testing.T) {
		ec := p256Signer(t).Key
		k, err := ParseJWK(edit(t, ec.JWK(), map[string]any{"kid": "other", "alg": "ES256", "use": "sig", "a": 1}))
		if err != nil || k.Thumbprint() != ec.Thumbprint() {
			t.Errorf("thumbprint %q, want %q, error %v", k.Thumbprint(), ec.Thumbprint(), err)
		}
	})
}

func TestCertificate(t *testing.T) {
	certify := func(s crypto.Signer) string {
		template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Unix(4102444799, 0)}
		der, err := x509.CreateCertificate(rand.Reader, template, template, s.Public(), s)
		if err != nil {
			t.Fatal(err)
		}
		return base64.StdEncoding.EncodeToString(der)
	}
	ed, ec, rsaSigner := edSigner(t, 'a'), p256Signer(t), signerOf(t, "2026a", rsaPrivate(t))
	tests := []struct {
		name string
		key  Signer
		x5c  any
		want metadata.Reason
	}{
		{"K17 own, Ed25519", ed, []string{certify(ed)}, ""},
		{"K17 own, P-256", ec, []string{certify(ec)}, ""},
		{"K17 own, RSA", rsaSigner, []string{certify(rsaSigner)}, ""},
		{"K17 of another key", ed, []string{certify(edSigner(t, 'b'))}, unusableReason},
		{"K17 of another type", ec, []string{certify(ed)}, unusableReason},
		{"K17 empty", ed, []string{}, unusableReason},
		{"K17 a string", ed, certify(ed), unusableReason},
		{"K17 no base64", ed, []string{"?"}, unusableReason},
		{"K17 no certificate", ed, []string{"AAAA"}, unusableReason},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseJWK(edit(t, tt.key.Key.JWK(), map[string]any{"x5c": tt.x5c}))
			wantReason(t, err, tt.want)
		})
	}
}

func TestFromPublic(t *testing.T) {
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		kid    string
		public crypto.PublicKey
	}{
		{"nothing", "a", nil},
		{"a private key", "a", edSigner(t, 'a').Signer},
		{"P-224", "a", p224.Public()},
		{"small RSA", "a", &rsa.PublicKey{N: big.NewInt(15), E: 65537}},
		{"RSA with exponent 3", "a", &rsa.PublicKey{N: rsaPrivate(t).N, E: 3}},
		{"J70 31 bytes", "a", ed25519.PublicKey(make([]byte, 31))},
		{"no kid", "", edSigner(t, 'a').Public()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := FromPublic(tt.kid, tt.public)
			wantReason(t, err, unusableReason)
		})
	}
}

func TestParseKeys(t *testing.T) {
	a, b := edSigner(t, 'a').Key, signerOf(t, "2026b", edSigner(t, 'b').Signer).Key
	exposed := string(edit(t, b.JWK(), map[string]any{"d": "AA"}))
	weak := string(okp(smallOrderEncodings(t)[0]))
	set := func(items ...string) string { return `{"keys":[` + strings.Join(items, ",") + `]}` }
	tests := []struct {
		name     string
		raw      string
		keys     []string // kid
		problems []string // index, kid, reason
		fails    bool
	}{
		{"none", set(), nil, nil, false},
		{"two", set(string(a.JWK()), string(b.JWK())), []string{"2026a", "2026b"}, nil, false},
		{"K5 one exposed", set(string(a.JWK()), exposed), []string{"2026a"}, []string{"1 2026b key_exposed"}, false},
		{"J69 one weak", set(weak, string(b.JWK())), []string{"2026b"}, []string{"0 2026a key_unusable"}, false},
		{"one kid for two keys", set(string(a.JWK()), string(a.JWK()), string(b.JWK())), []string{"2026b"}, []string{"0 2026a key_unusable", "1 2026a key_unusable"}, false},
		{"one kid, one of them weak", set(weak, string(a.JWK())), nil, []string{"0 2026a key_unusable", "1 2026a key_unusable"}, false},
		{"not objects", set("1", "null", `"x"`), nil, []string{"0  key_unusable", "1  key_unusable", "2  key_unusable"}, false},
		{"kid malformed", set(`{"kid":"a b"}`), nil, []string{"0  key_unusable"}, false},
		{"other members", `{"x":1,"keys":[]}`, nil, nil, false},
		{"K1 64 keys", set(slices.Repeat([]string{"1"}, limits.Keys)...), nil, slices.Collect(func(yield func(string) bool) {
			for i := range limits.Keys {
				yield(strconv.Itoa(i) + "  key_unusable")
			}
		}), false},
		{"K1 65 keys", set(slices.Repeat([]string{string(a.JWK())}, limits.Keys+1)...), nil, nil, true},
		{"keys missing", `{"Keys":[]}`, nil, nil, true},
		{"keys twice", `{"keys":[],"keys":[]}`, nil, nil, true},
		{"keys an object", `{"keys":{}}`, nil, nil, true},
		{"not JSON", `keys`, nil, nil, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			keys, problems, err := ParseKeys(json.RawMessage(tt.raw))
			if (err != nil) != tt.fails {
				t.Fatalf("error %v", err)
			}
			var kids, texts []string
			for _, k := range keys {
				kids = append(kids, k.ID())
			}
			for _, p := range problems {
				texts = append(texts, strconv.Itoa(p.Index)+" "+p.KeyID+" "+string(p.Err.Reason))
			}
			if diff := cmp.Diff(tt.keys, kids); diff != "" {
				t.Errorf("keys (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.problems, texts); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("K5 an exposed key is named by its thumbprint", func(t *testing.T) {
		_, problems, err := ParseKeys(json.RawMessage(set(exposed)))
		if err != nil || len(problems) != 1 || problems[0].Thumbprint != b.Thumbprint() {
			t.Errorf("problems %+v, error %v", problems, err)
		}
	})
}

func FuzzParseJWK(f *testing.F) {
	f.Add([]byte(edSigner(f, 'a').Key.JWK()))
	f.Add([]byte(p256Signer(f).Key.JWK()))
	f.Add([]byte(signerOf(f, "2026a", rsaPrivate(f)).Key.JWK()))
	f.Add([]byte(edit(f, edSigner(f, 'a').Key.JWK(), map[string]any{"d": "AA", "use": "enc", "key_ops": []string{"sign"}})))
	f.Fuzz(func(t *testing.T, raw []byte) {
		k, err := ParseJWK(raw)
		if err != nil {
			var e *metadata.ReasonError
			if !errors.As(err, &e) {
				t.Fatalf("error of type %T", err)
			}
			return
		}
		again, err := ParseJWK(k.JWK())
		if err != nil || again.Thumbprint() != k.Thumbprint() || again.ID() != k.ID() {
			t.Fatalf("%s is read back as %s, error %v", k.JWK(), again.JWK(), err)
		}
	})
}
