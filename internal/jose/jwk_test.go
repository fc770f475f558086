package jose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/metadata"
)

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
		{"K13 modulus with factor 4,093", rsaJWK, map[string]any{"n": encode(new(big.Int).Mul(new(big.Int).Rsh(modulus, 1), big.NewInt(4093)).Bytes())}, unusableReason},
		{"K13 modulus missing", rsaJWK, map[string]any{"n": nil}, unusableReason},
		{"K13 modulus empty", rsaJWK, map[string]any{"n": ""}, unusableReason},
		{"K13 modulus padded", rsaJWK, map[string]any{"n": encode(modulus.Bytes()) + "=="}, unusableReason},
		{"K13 exponent missing", rsaJWK, map[string]any{"e": nil}, unusableReason},
		{"K13 exponent empty", rsaJWK, map[string]any{"e": ""}, unusableReason},
		{"K13 exponent padded", rsaJWK, map[string]any{"e": "AQAB===="}, unusableReason},
		{"K13 exponent 65,535", rsaJWK, map[string]any{"e": encode([]byte{255, 255})}, unusableReason},
		{"K13 exponent 2,147,483,647", rsaJWK, map[string]any{"e": encode([]byte{127, 255, 255, 255})}, ""},
		{"K13 exponent 2,147,483,649", rsaJWK, map[string]any{"e": encode([]byte{128, 0, 0, 1})}, unusableReason},
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
		{"K19 exp before 1970", ed, map[string]any{"exp": -1}, unusableReason},
		{"K19 exp long ago is the caller's to judge", ed, map[string]any{"exp": 1}, ""},
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

// Who published the key learns which member to mend.
func TestParseJWKSaysWhatIsWrong(t *testing.T) {
	ed, ec := edSigner(t, 'a').Key.JWK(), p256Signer(t).Key.JWK()
	rsaJWK := signerOf(t, "2026a", rsaPrivate(t)).Key.JWK()
	for _, tt := range []struct {
		name, member, says string
		base               json.RawMessage
		changes            map[string]any
	}{
		{"x padded", "x", "base64url", ed, map[string]any{"x": encode(make([]byte, 32)) + "="}},
		{"x missing", "x", "missing", ed, map[string]any{"x": nil}},
		{"x short", "x", "32 bytes", ed, map[string]any{"x": "AA"}},
		{"x of small order", "x", "large order", ed, map[string]any{"x": encode(make([]byte, 32))}},
		{"y short", "", "32 bytes each", ec, map[string]any{"y": "AA"}},
		{"y of another point", "", "not on P-256", ec, map[string]any{"y": encode(make([]byte, 32))}},
		{"n short", "n", "2048 to 4096 bits", rsaJWK, map[string]any{"n": "AQ"}},
		{"n missing", "", "Base64urlUInt", rsaJWK, map[string]any{"n": nil}},
		{"e 3", "e", "from 65537", rsaJWK, map[string]any{"e": "Aw"}},
		{"kty", "kty", `"AKP"`, ed, map[string]any{"kty": "AKP"}},
		{"kid missing", "kid", "missing", ed, map[string]any{"kid": nil}},
		{"kid malformed", "kid", `"a b"`, ed, map[string]any{"kid": "a b"}},
		{"alg", "alg", `"ES256"`, ed, map[string]any{"alg": "ES256"}},
		{"use", "use", "not for signatures", ed, map[string]any{"use": "enc"}},
		{"key_ops without verify", "key_ops", "not for verifying", ed, map[string]any{"key_ops": []string{"sign"}}},
		{"key_ops twice", "key_ops", "twice", ed, map[string]any{"key_ops": []string{"verify", "verify"}}},
		{"revoked", "revoked", "revoked", ed, map[string]any{"revoked": true}},
		{"exp", "exp", "Unix seconds", ed, map[string]any{"exp": "tomorrow"}},
		{"x5c a string", "x5c", "no list", ed, map[string]any{"x5c": "AAAA"}},
		{"x5c no base64", "x5c", "no base64", ed, map[string]any{"x5c": []string{"?"}}},
		{"x5c no certificate", "x5c", "no certificate", ed, map[string]any{"x5c": []string{"AAAA"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseJWK(edit(t, tt.base, tt.changes))
			wantFault(t, err, tt.member, tt.says)
		})
	}
	for _, raw := range []string{`[]`, ``, `{"kid":"a","kid":"a"}`} {
		_, err := ParseJWK(json.RawMessage(raw))
		wantFault(t, err, "", "not one JSON object")
	}
}

func wantFault(t *testing.T, err error, member, says string) {
	t.Helper()
	var e *metadata.ReasonError
	if !errors.As(err, &e) || e.Reason != unusableReason || e.Member != member || !strings.Contains(e.Detail, says) {
		t.Errorf("%v, want the member %q and that it is %q", err, member, says)
	}
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
		{"K17 own, before another", ed, []string{certify(ed), certify(ec)}, ""},
		{"K17 own, behind another", ed, []string{certify(ec), certify(ed)}, unusableReason},
		{"K17 no base64", ed, []string{"?"}, unusableReason},
		{"K17 own, and then no base64", ed, []string{certify(ed) + "?"}, unusableReason},
		{"K17 own in base64url", ed, []string{strings.NewReplacer("+", "-", "/", "_").Replace(certify(ed)) + "-_-_"}, unusableReason},
		{"K17 no certificate", ed, []string{"AAAA"}, unusableReason},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseJWK(edit(t, tt.key.Key.JWK(), map[string]any{"x5c": tt.x5c}))
			wantReason(t, err, tt.want)
		})
	}
}
