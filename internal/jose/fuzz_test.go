package jose

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/testvectors"
)

// vectors returns the vectors with statements, and refuses to find none.
func vectors(f *testing.F) []testvectors.Vector {
	f.Helper()
	list := testvectors.Load("statement")
	if len(list) == 0 {
		f.Fatal("no seeds: have the vectors moved?")
	}
	return list
}

// pins returns the keys that a vector pins.
func pins(f *testing.F, v testvectors.Vector) (keys []json.RawMessage) {
	f.Helper()
	roots, ok := v.Files["roots.json"]
	if !ok {
		return nil
	}
	var file struct {
		Publishers map[string]struct{ Keys []json.RawMessage }
	}
	if err := json.Unmarshal(roots, &file); err != nil {
		f.Fatalf("%s: %v", v.ID, err)
	}
	for _, pin := range file.Publishers {
		keys = append(keys, pin.Keys...)
	}
	return keys
}

func FuzzParse(f *testing.F) {
	f.Add(sign(f, edSigner(f, 'a')))
	f.Add(sign(f, p256Signer(f)))
	f.Add(forge(f, `{"alg":"none","kid":"a","jwk":{}}`, goodPayload))
	for _, v := range vectors(f) {
		f.Add(string(v.Files["statement.jws"]))
	}
	f.Fuzz(func(t *testing.T, raw string) {
		c, err := Parse(raw)
		var defects metadata.Defects
		switch {
		case err == nil:
			// One spelling: what was read, written again, is what was received.
			again := string(c.input) + "." + encode(c.signature)
			_, payload, _ := strings.Cut(string(c.input), ".")
			if again != raw || encode(c.Payload) != payload {
				t.Fatalf("%q has another spelling", raw)
			}
		case !errors.As(err, &defects) || len(defects) == 0:
			t.Fatalf("error of type %T", err)
		}
	})
}

func FuzzTamper(f *testing.F) {
	s := edSigner(f, 'a')
	raw := sign(f, s)
	if !verifies(raw, s.Key) {
		f.Fatal("the statement does not verify")
	}
	f.Add(0, byte('A'))
	f.Add(len(raw)/2, byte('.'))
	f.Add(len(raw)-1, byte('\n'))
	f.Fuzz(func(t *testing.T, i int, b byte) {
		if i < 0 || i >= len(raw) || raw[i] == b {
			return
		}
		changed := []byte(raw)
		changed[i] = b
		if verifies(string(changed), s.Key) {
			t.Fatalf("byte %d can be %q", i, b)
		}
	})
}

func FuzzParseJWK(f *testing.F) {
	f.Add([]byte(edSigner(f, 'a').Key.JWK()))
	f.Add([]byte(p256Signer(f).Key.JWK()))
	f.Add([]byte(signerOf(f, "2026a", rsaPrivate(f)).Key.JWK()))
	f.Add([]byte(edit(f, edSigner(f, 'a').Key.JWK(), map[string]any{"d": "AA", "use": "enc", "key_ops": []string{"sign"}})))
	for _, v := range vectors(f) {
		for _, key := range pins(f, v) {
			f.Add([]byte(key))
		}
	}
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

// FuzzExposed looks for a document that names a key whose private part is not in it.
func FuzzExposed(f *testing.F) {
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		f.Fatal(err)
	}
	victims := []Signer{signerOf(f, "2026a", private), p256Signer(f), signerOf(f, "2026a", rsaPrivate(f))}
	secret := encode(edSigner(f, 'a').Signer.(ed25519.PrivateKey).Seed())
	for _, victim := range victims {
		jwk := string(edit(f, victim.Key.JWK(), map[string]any{"d": secret, "p": "Aw", "q": secret}))
		f.Add([]byte(`{"keys":[` + jwk + `]}`))
		f.Add([]byte(`{"jwks":{"keys":[` + jwk + `]}}`))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		for _, thumbprint := range Exposed(document) {
			for _, victim := range victims {
				if thumbprint == victim.Key.Thumbprint() {
					t.Fatalf("%s names %s", document, victim.Key.JWK())
				}
			}
		}
	})
}

// FuzzParseKeys looks for a set whose keys are not told apart: each of them is a
// key or a problem, and no two keys have one kid.
func FuzzParseKeys(f *testing.F) {
	for _, v := range vectors(f) {
		if keys := pins(f, v); len(keys) > 0 {
			set, err := json.Marshal(map[string]any{"keys": keys})
			if err != nil {
				f.Fatal(err)
			}
			f.Add(set)
		}
	}
	for _, v := range testvectors.Load("document") {
		f.Add(v.Files["https://acme.example/jwks.json"])
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		keys, problems, err := ParseKeys(raw)
		if err != nil {
			if keys != nil || problems != nil {
				t.Fatal("a set that is none has keys")
			}
			return
		}
		if len(keys)+len(problems) > limits.Keys {
			t.Fatalf("%d keys and %d problems", len(keys), len(problems))
		}
		var kids []string
		for _, k := range keys {
			if k.Public() == nil || slices.Contains(kids, k.ID()) {
				t.Fatalf("key %q stands for nothing, or twice", k.ID())
			}
			kids = append(kids, k.ID())
		}
		for _, p := range problems {
			if p.Err == nil {
				t.Fatalf("problem %d is none", p.Index)
			}
		}
	})
}

// FuzzFromRecord looks for a key record whose key is another one once it is
// written again.
func FuzzFromRecord(f *testing.F) {
	records := 0
	for _, v := range testvectors.Load("record") {
		for _, text := range v.Records() {
			f.Add(text)
			records++
		}
	}
	if records == 0 {
		f.Fatal("no seeds: have the vectors moved?")
	}
	f.Fuzz(func(t *testing.T, text string) {
		record, err := metadata.ParseKeyRecord(text)
		if err != nil {
			return
		}
		key, err := FromRecord(record)
		if err != nil {
			return
		}
		back, ok := key.Record()
		again, err := FromRecord(back)
		if !ok || err != nil || again.Thumbprint() != key.Thumbprint() || again.ID() != record.KeyID {
			t.Fatalf("%q is read back as %q, error %v", text, back, err)
		}
	})
}
