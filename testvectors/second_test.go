package testvectors_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/internal/peertest"
	"github.com/fc28f635/countersign/testvectors"
)

// TestSecondGenerator compares statements of the vectors with those that another
// program makes from the same description with npm jose and Node's crypto: EdDSA
// ones must be the same bytes, ECDSA ones must verify there and here.
func TestSecondGenerator(t *testing.T) {
	statements := map[string]string{}
	for _, v := range testvectors.Load("statement") {
		statements[v.ID] = string(v.Files["statement.jws"])
	}
	question, err := json.Marshal(statements)
	if err != nil {
		t.Fatal(err)
	}
	in, out := peertest.Node(t, "differential/statements.js")
	if _, err := in.Write(append(question, '\n')); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	var answers []struct {
		ID, Statement string
		Verifies      bool
	}
	if err := json.Unmarshal(line, &answers); err != nil {
		t.Fatal(err)
	}
	if len(answers) < 50 {
		t.Errorf("%d statements were made", len(answers))
	}
	for _, a := range answers {
		t.Run(a.ID, func(t *testing.T) {
			ours := statements[a.ID]
			if !a.Verifies {
				t.Errorf("jose does not verify %s", ours)
			}
			input, signature := cut(ours)
			otherInput, otherSignature := cut(a.Statement)
			if input != otherInput {
				t.Fatalf("made otherwise:\n%s\n%s", ours, a.Statement)
			}
			var header struct{ Alg string }
			encoded, _, _ := strings.Cut(input, ".")
			if err := json.Unmarshal(decode(t, encoded), &header); err != nil {
				t.Fatal(err)
			}
			switch header.Alg {
			case "EdDSA", "Ed25519":
				if signature != otherSignature {
					t.Errorf("signed otherwise:\n%s\n%s", ours, a.Statement)
				}
			default:
				key := pinnedEC(t, a.ID)
				if !verifiesEC(key, input, decode(t, signature)) || !verifiesEC(key, input, decode(t, otherSignature)) {
					t.Errorf("one does not verify:\n%s\n%s", ours, a.Statement)
				}
			}
		})
	}
}

func cut(statement string) (input, signature string) {
	i := strings.LastIndexByte(statement, '.')
	return statement[:i], statement[i+1:]
}

func decode(t *testing.T, part string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// curves are those on which the vectors' keys with an ECDSA signature lie.
var curves = map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384()}

// pinnedEC returns the last EC key among the pins of signature/ vectors.
func pinnedEC(t *testing.T, id string) *ecdsa.PublicKey {
	t.Helper()
	if !strings.HasPrefix(id, "signature/") {
		id = "signature/es256_good" // the same key, published in DNS
	}
	for _, v := range testvectors.Load("statement") {
		if v.ID != id {
			continue
		}
		var roots struct {
			Publishers map[string]struct {
				Keys []struct{ Crv, X, Y string }
			}
		}
		if err := json.Unmarshal(v.Files["roots.json"], &roots); err != nil {
			t.Fatal(err)
		}
		for _, k := range roots.Publishers["https://acme.example"].Keys {
			if curve := curves[k.Crv]; curve != nil {
				point := append([]byte{4}, append(decode(t, k.X), decode(t, k.Y)...)...)
				key, err := ecdsa.ParseUncompressedPublicKey(curve, point)
				if err != nil {
					t.Fatal(err)
				}
				return key
			}
		}
	}
	t.Fatalf("no EC key is pinned in %s", id)
	return nil
}

func verifiesEC(key *ecdsa.PublicKey, input string, signature []byte) bool {
	long, short := sha512.Sum384([]byte(input)), sha256.Sum256([]byte(input))
	digest := long[:]
	if key.Curve == elliptic.P256() {
		digest = short[:]
	}
	half := len(signature) / 2
	return ecdsa.Verify(key, digest, new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:]))
}
