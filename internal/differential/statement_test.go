package differential

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	mrand "math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/testvectors"
	"github.com/fc28f635/countersign/trustroots"
	"github.com/fc28f635/countersign/verify"
)

// A signer makes signatures by one algorithm under one kid.
type signer struct {
	alg, kid string
	key      crypto.Signer
}

// signers are the keys of acme.example, new in every run but for the first, for
// which every algorithm is allowed.
func signers(t *testing.T) []signer {
	t.Helper()
	ec := func(curve elliptic.Curve) *ecdsa.PrivateKey {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	large, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	edwards := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	return []signer{
		{jose.EdDSA, "2026a", edwards}, {jose.Ed25519, "2026a", edwards}, {jose.ES256, "2026p", ec(elliptic.P256())},
		{jose.ES384, "2026q", ec(elliptic.P384())}, {jose.RS256, "2026r", large}, {jose.PS256, "2026r", large},
	}
}

// publicSet returns the JWK set of the signers.
func publicSet(t *testing.T, of []signer) json.RawMessage {
	t.Helper()
	set := struct {
		Keys []json.RawMessage `json:"keys"`
	}{}
	seen := map[string]bool{}
	for _, s := range of {
		key, err := jose.FromPublic(s.kid, s.key.Public())
		if err != nil {
			t.Fatal(err)
		}
		if !seen[s.kid] {
			set.Keys = append(set.Keys, key.JWK())
		}
		seen[s.kid] = true
	}
	raw, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func (s signer) sign(t *testing.T, input string) []byte {
	t.Helper()
	digest := sha256.Sum256([]byte(input))
	var signature []byte
	var err error
	switch key := s.key.(type) {
	case ed25519.PrivateKey:
		signature = ed25519.Sign(key, []byte(input))
	case *ecdsa.PrivateKey:
		sum := digest[:]
		if s.alg == jose.ES384 {
			wide := sha512.Sum384([]byte(input))
			sum = wide[:]
		}
		size := (key.Params().BitSize + 7) / 8
		var a, b *big.Int
		if a, b, err = ecdsa.Sign(rand.Reader, key, sum); err == nil {
			signature = make([]byte, 2*size)
			a.FillBytes(signature[:size])
			b.FillBytes(signature[size:])
		}
	case *rsa.PrivateKey:
		if s.alg == jose.PS256 {
			signature, err = rsa.SignPSS(rand.Reader, key, crypto.SHA256, digest[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		} else {
			signature, err = rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return signature
}

// A model is what a statement of a vector is made of.
type model struct {
	header, payload *node
	at              time.Time
}

func models(t *testing.T) []model {
	t.Helper()
	var all []model
	for _, v := range testvectors.Load("statement") {
		header, payload, _ := parts(string(v.Files["statement.jws"]))
		h, err := parseTree(header)
		if err != nil || !h.object {
			continue
		}
		p, err := parseTree(payload)
		if err != nil || !p.object || len(payload) > 4096 {
			continue
		}
		all = append(all, model{h, p, v.Now})
	}
	if len(all) < 100 {
		t.Fatalf("only %d statements among the vectors can be mutated: have they moved?", len(all))
	}
	return all
}

// parts returns the decoded header and payload as a lenient reader has them.
func parts(raw string) (header, payload []byte, canonical bool) {
	canonical = true
	decoded := [3][]byte{}
	split := strings.Split(raw, ".")
	for i, part := range split[:min(3, len(split))] {
		clean := strings.Map(func(c rune) rune {
			if strings.ContainsRune(" \t\r\n\f=", c) {
				return -1
			}
			return c
		}, part)
		decoded[i], _ = base64.RawURLEncoding.DecodeString(clean)
		canonical = canonical && base64.RawURLEncoding.EncodeToString(decoded[i]) == part
	}
	return decoded[0], decoded[1], canonical && len(split) == 3
}

// Members that mean something in a header and in a payload.
var (
	headerMembers = []string{`alg="none"`, `alg="HS256"`, `alg="ES256"`, `alg="RS256"`, `alg="Ed25519"`, `alg="EdDSA"`, `typ="JWT"`, `typ="jwt"`, `typ="at+jwt"`, `typ=null`,
		`typ="software-statement+jwt"`, `crit=["exp"]`, `crit=["b64"]`, `crit=[]`, `b64=true`, `b64=false`, `jku="https://acme.example/k"`, `jwk={"kty":"oct","k":"AA"}`,
		`x5c=["AA"]`, `x5u="https://acme.example/c"`, `cty="JWT"`, `zip="DEF"`, `enc="A128GCM"`, `kid="2026p"`, `kid="2026r"`, `kid="a b"`, `kid="../k"`, `kid=""`, `kid=7`, `Alg="none"`, `x="y"`}
	payloadMembers = []string{`aud="https://as.example"`, `aud=["https://as.example"]`, `aud=["https://as.example","https://b.example"]`, `aud=[]`, `aud=1`, `nbf=1767225600`, `nbf=1799999999`, `nbf="1"`,
		`iat=1799999999`, `exp=4102444799`, `exp=4102444800`, `exp=1768478340`, `exp=1768478339`, `exp=1768478341`, `nbf=1768478460`, `nbf=1768478461`, `iat=1768478461`, `iat=1`, `iss="https://other.example"`, `iss="https://ACME.example"`, `iss="https://acme.example/"`, `iss=["https://acme.example"]`,
		`iss="http://acme.example"`, `jti=""`, `jti=1`, `client_name="Acm\u202ee"`, `client_name=1`, `client_name#de="Akme"`, `cnf={"jkt":"x"}`, `cnf=1`, `trust="signed"`, `client_secret="s"`,
		`software_statement="x"`, `jwks={"keys":[{"kty":"oct","k":"AA"}]}`, `jwks={"keys":[]}`, `jwks_uri="https://acme.example/jwks"`, `client_id="https://acme.example/mcp/client.json"`, `scope="a  b"`, `scope="a b"`,
		`redirect_uris=["https://acme.example/*"]`, `redirect_uris=["javascript:1"]`, `redirect_uris=["https://evil.example/cb"]`, `redirect_uris=[]`, `redirect_uris="x"`, `grant_types=["password"]`,
		`token_endpoint_auth_method="client_secret_basic"`, `sub="x"`, `logo_uri="https://cdn.example/l.png"`, `software_version="2"`, `__proto__={"iss":"https://other.example"}`}
)

// A statementCase is one mutant as the peer is asked about it.
type statementCase struct {
	Raw        []byte   `json:"raw"`
	Keys       string   `json:"keys"`
	Algorithms []string `json:"algorithms"`
	At         int64    `json:"at"`
}

type statementAnswer struct {
	OK      bool     `json:"ok"`
	Fault   string   `json:"fault"`
	Reading []string `json:"reading"`
}

// mutantStatement makes one statement: a model, mutated before it is signed or
// after, or both.
func mutantStatement(t *testing.T, r *mrand.Rand, m model, keys []signer) string {
	header, payload := m.header.clone(), m.payload.clone()
	s := pick(r, keys)
	header.set("alg", quoted(s.alg))
	header.set("kid", quoted(s.kid))
	for range r.IntN(3) {
		if r.IntN(3) == 0 {
			mutateTree(r, header, headerMembers)
		} else {
			mutateTree(r, payload, payloadMembers)
		}
	}
	texts := [2]string{header.String(), payload.String()}
	if r.IntN(6) == 0 {
		i := r.IntN(2)
		texts[i] = mutateBytes(r, texts[i], morsels)
	}
	encode := base64.RawURLEncoding.EncodeToString
	input := encode([]byte(texts[0])) + "." + encode([]byte(texts[1]))
	if r.IntN(12) == 0 { // a signer that signs another spelling
		input = mutateBytes(r, input, morsels)
	}
	if r.IntN(12) == 0 {
		s = pick(r, keys)
	}
	raw := input + "." + encode(s.sign(t, input))
	if r.IntN(4) == 0 {
		raw = mutateBytes(r, raw, morsels)
	}
	if r.IntN(12) == 0 { // the last letter of a signature has bits to spare
		raw = raw[:len(raw)-1] + string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[r.IntN(64)])
	}
	return raw
}

func TestStatements(t *testing.T) {
	t.Parallel()
	keys, all := signers(t), models(t)
	set := publicSet(t, keys)
	var parsed struct{ Keys json.RawMessage }
	if err := json.Unmarshal(set, &parsed); err != nil {
		t.Fatal(err)
	}
	algorithms := []string{jose.EdDSA, jose.Ed25519, jose.ES256, jose.ES384, jose.RS256, jose.PS256}
	extra := `["ES384","RS256","PS256"]`
	roots, err := trustroots.Parse(fmt.Appendf(nil, `{"publishers":{"https://acme.example":{"keys":%s,"algorithms":%s}}}`, parsed.Keys, extra), "test")
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := verify.New(verify.Config{Roots: roots.Set, InsecureSpecialUse: true})
	if err != nil {
		t.Fatal(err)
	}
	y := newTally(statementClasses)
	compare(t, "statement", func(r *mrand.Rand) statementCase {
		m := pick(r, all)
		return statementCase{Raw: []byte(mutantStatement(t, r, m, keys)), Keys: string(set), Algorithms: algorithms, At: m.at.Unix()}
	}, func(c statementCase, theirs statementAnswer) {
		v, err := verifier.Verify(t.Context(), verify.Presentation{Statement: string(c.Raw), At: time.Unix(c.At, 0), Audience: "https://as.example"})
		if err != nil {
			t.Fatal(err)
		}
		ours := v.Outcome == verify.Verified
		if ours != theirs.OK {
			y.disagree(t, newStatementDifference(string(c.Raw), v, theirs))
			return
		}
		y.agree(ours)
		if reading := readingOf(v, string(c.Raw)); ours && !equalReadings(reading, theirs.Reading) {
			t.Errorf("both accept %q\nand read %q\nand %q", c.Raw, reading, theirs.Reading)
		}
	})
	y.report(t)
}

// readingOf is what the statement says by our reading, as the peer answers it.
func readingOf(v *verify.Verdict, raw string) []string {
	s, ok := v.Statement()
	if !ok {
		return nil
	}
	c, err := jose.Parse(raw)
	if err != nil {
		return nil
	}
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	nbf := "undefined"
	if s.NotBefore != 0 {
		nbf = number(s.NotBefore)
	}
	return []string{c.Header.Algorithm, c.Header.KeyID, s.Publisher.String(), s.ID, s.Client.SoftwareID,
		cmp.Or(s.Client.ClientName, "undefined"), number(s.IssuedAt), number(s.ExpiresAt), nbf}
}

func equalReadings(ours, theirs []string) bool {
	return strings.Join(ours, "\x00") == strings.Join(theirs, "\x00")
}
