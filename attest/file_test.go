package attest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/metadata"
)

func wantReason(t testing.TB, err error, want metadata.Reason) {
	t.Helper()
	var e *metadata.ReasonError
	if !errors.As(err, &e) || e.Reason != want {
		t.Errorf("error %v, want reason %s", err, want)
	}
}

// phrase answers a passphrase and counts how often it is asked.
func phrase(text string, asked *int) Passphrase {
	return func() ([]byte, error) {
		*asked++
		return []byte(text), nil
	}
}

func block(t testing.TB, kind string, der []byte, err error) []byte {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func write(t testing.TB, data []byte, mode fs.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "2026a.pem")
	if err := os.WriteFile(path, data, mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSaveAndLoad(t *testing.T) {
	for _, kt := range []metadata.KeyType{metadata.KeyEd25519, metadata.KeyP256} {
		for _, secret := range []string{"", "correct horse"} {
			t.Run(string(kt)+" "+secret, func(t *testing.T) {
				k := generate(t, kt)
				path := KeyPath(t.TempDir(), metadata.MustPublisher("https://acme.example"), k.ID())
				var given []byte
				if secret != "" {
					given = []byte(secret)
				}
				if err := k.Save(path, given); err != nil {
					t.Fatal(err)
				}
				if want := filepath.Join("acme.example", "2026a.pem"); !strings.HasSuffix(path, want) {
					t.Errorf("saved as %s", path)
				}
				asked := 0
				again, err := Load(path, "", phrase(secret, &asked))
				if err != nil {
					t.Fatal(err)
				}
				if again.ID() != "2026a" || again.Thumbprint() != k.Thumbprint() || asked != len(secret)/len("correct horse") {
					t.Errorf("read back as %v, asked %d times", again, asked)
				}
				raw, err := again.Sign(statement())
				if err != nil || raw == "" {
					t.Error(err)
				}
				data, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if encrypted := bytes.HasPrefix(data, []byte("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n")); encrypted != (secret != "") {
					t.Errorf("encrypted: %v", encrypted)
				}
			})
		}
	}
}

func TestSaveRefuses(t *testing.T) {
	k := generate(t, metadata.KeyEd25519)
	path := filepath.Join(t.TempDir(), "2026a.pem")
	if err := k.Save(path, nil); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("an existing key", func(t *testing.T) {
		if err := generate(t, metadata.KeyEd25519).Save(path, nil); !errors.Is(err, fs.ErrExist) {
			t.Errorf("error %v", err)
		}
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
			t.Error("the key was overwritten")
		}
	})
	t.Run("C8 an empty passphrase", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "a.pem")
		if err := k.Save(path, []byte{}); err == nil {
			t.Error("saved")
		}
		if _, err := os.Stat(path); err == nil {
			t.Error("something was written")
		}
	})
	t.Run("a key in a device", func(t *testing.T) {
		device, err := New("2026a", publicOnly{public: ed25519.NewKeyFromSeed(make([]byte, 32)).Public()})
		if err != nil {
			t.Fatal(err)
		}
		if err := device.Save(filepath.Join(t.TempDir(), "a.pem"), nil); err == nil {
			t.Error("saved")
		}
	})
}

// The private key of RFC 8410, Section 10.3, and its public part.
const (
	rfc8410Key = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
`
	rfc8410Public = `"x":"Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE"`
)

func TestLoadForms(t *testing.T) {
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	marshal := func(key any) []byte {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		return block(t, "PRIVATE KEY", der, err)
	}
	sec1DER, err := x509.MarshalECPrivateKey(p256)
	sec1 := block(t, "EC PRIVATE KEY", sec1DER, err)
	public, err := x509.MarshalPKIXPublicKey(p256.Public())
	tests := []struct {
		name  string
		data  []byte
		reads bool
	}{
		{"PKCS#8 of RFC 8410", []byte(rfc8410Key), true},
		{"PKCS#8 with CRLF", []byte(strings.ReplaceAll(rfc8410Key, "\n", "\r\n")), true},
		{"PKCS#8 without final line end", []byte(strings.TrimSpace(rfc8410Key)), true},
		{"PKCS#8 of P-256", marshal(p256), true},
		{"SEC 1", sec1, true},
		{"C9 two blocks", []byte(rfc8410Key + rfc8410Key), false},
		{"C9 parameters before the key", append(pem.EncodeToMemory(&pem.Block{Type: "EC PARAMETERS", Bytes: []byte{6, 0}}), sec1...), false},
		{"C9 leading text", []byte("my key\n" + rfc8410Key), false},
		{"C9 leading line end", []byte("\n" + rfc8410Key), false},
		{"C9 trailing text", []byte(rfc8410Key + "x"), false},
		{"C9 a damaged block before a sound one", []byte("-----BEGIN X-----\n?\n-----END X-----\n" + rfc8410Key), false},
		{"C9 headers", []byte(strings.Replace(rfc8410Key, "MC4", "Proc-Type: 4,ENCRYPTED\nDEK-Info: DES-CBC,00\n\nMC4", 1)), false},
		{"C9 harmless headers", []byte(strings.Replace(rfc8410Key, "MC4", "Comment: mine\n\nMC4", 1)), false},
		{"C9 PKCS#1", block(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey), nil), false},
		{"C9 OpenSSH", block(t, "OPENSSH PRIVATE KEY", []byte("openssh-key-v1\x00"), nil), false},
		{"C9 JWK", []byte(`{"kty":"OKP","crv":"Ed25519","d":"AA"}`), false},
		{"C9 nothing", nil, false},
		{"C9 damaged PKCS#8", []byte(strings.Replace(rfc8410Key, "MC4", "MC5", 1)), false},
		{"C9 partial SEC 1", block(t, "EC PRIVATE KEY", sec1DER[:20], nil), false},
		{"C9 huge", []byte(strings.Replace(rfc8410Key, "\n", strings.Repeat("\n", keyFileBytes), 1)), false},
		{"C10 public key only", block(t, "PUBLIC KEY", public, err), false},
		{"C10 RSA in PKCS#8", marshal(rsaKey), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k, err := Load(write(t, tt.data, 0o600), "", nil)
			if (err == nil) != tt.reads {
				t.Fatalf("key %v, error %v", k, err)
			}
			if err != nil && strings.Contains(err.Error(), "MC4") {
				t.Errorf("C7 the error shows the key: %v", err)
			}
			if strings.HasPrefix(tt.name, "PKCS#8 of RFC") && !strings.Contains(string(k.JWK()), rfc8410Public) {
				t.Errorf("another key: %s", k.JWK())
			}
		})
	}
	t.Run("C9 no block of 64 KiB is read", func(t *testing.T) {
		_, err := Load(write(t, make([]byte, keyFileBytes+1), 0o600), "", nil)
		if err == nil || !strings.Contains(err.Error(), "64 KiB") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("the caller names the kid", func(t *testing.T) {
		k, err := Load(write(t, []byte(rfc8410Key), 0o600), "2026b", nil)
		if err != nil || k.ID() != "2026b" {
			t.Errorf("key %v, error %v", k, err)
		}
	})
}

func TestPassphrase(t *testing.T) {
	// Made by: openssl genpkey -algorithm ed25519 -aes256
	sealed, err := os.ReadFile(filepath.Join("testdata", "pbes2.pem"))
	if err != nil {
		t.Fatal(err)
	}
	k := generate(t, metadata.KeyEd25519)
	cosign, err := marshalKey(k.reveal().Signer, []byte("correct horse"))
	if err != nil {
		t.Fatal(err)
	}
	older := bytes.ReplaceAll(cosign, []byte("SIGSTORE"), []byte("COSIGN"))
	for name, data := range map[string][]byte{"PBES2": sealed, "cosign": cosign, "older cosign": older} {
		path := write(t, data, 0o600)
		t.Run("right, "+name, func(t *testing.T) {
			asked := 0
			if _, err := Load(path, "", phrase("correct horse", &asked)); err != nil || asked != 1 {
				t.Errorf("asked %d times, error %v", asked, err)
			}
		})
		if name == "older cosign" {
			continue // only its label differs, and scrypt is slow
		}
		for _, wrong := range []string{"correct horse ", ""} {
			t.Run("C8 "+wrong+", "+name, func(t *testing.T) {
				asked := 0
				if _, err := Load(path, "", phrase(wrong, &asked)); !errors.Is(err, ErrPassphrase) || asked != 1 {
					t.Errorf("asked %d times, error %v", asked, err)
				}
			})
		}
		t.Run("C8 nobody to ask, "+name, func(t *testing.T) {
			if _, err := Load(path, "", nil); !errors.Is(err, ErrPassphrase) {
				t.Errorf("error %v", err)
			}
		})
		t.Run("C8 interrupted, "+name, func(t *testing.T) {
			interrupted := errors.New("interrupted")
			_, err := Load(path, "", func() ([]byte, error) { return nil, interrupted })
			if !errors.Is(err, interrupted) {
				t.Errorf("error %v", err)
			}
		})
	}
	for name, damage := range map[string]func(*pbes2){
		"C9 ciphertext of 7 bytes":           func(k *pbes2) { k.Data = k.Data[:7] },
		"C9 no ciphertext":                   func(k *pbes2) { k.Data = nil },
		"C9 initialization vector of 1 byte": func(k *pbes2) { k.Algorithm.Parameters.Cipher.IV = []byte{1} },
		"C9 unknown cipher":                  func(k *pbes2) { k.Algorithm.Parameters.Cipher.OID[8]++ },
	} {
		t.Run(name, func(t *testing.T) {
			whole, _ := pem.Decode(sealed)
			var k pbes2
			if _, err := asn1.Unmarshal(whole.Bytes, &k); err != nil {
				t.Fatal(err)
			}
			damage(&k)
			der, err := asn1.Marshal(k)
			asked := 0
			_, err = unmarshalKey(block(t, "ENCRYPTED PRIVATE KEY", der, err), phrase("correct horse", &asked))
			if !errors.Is(err, ErrPassphrase) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// pbes2 is an encrypted PKCS#8 key (RFC 5958, Section 3; RFC 8018, Appendix A.4).
type pbes2 struct {
	Algorithm struct {
		OID        asn1.ObjectIdentifier
		Parameters struct {
			KDF    asn1.RawValue
			Cipher struct {
				OID asn1.ObjectIdentifier
				IV  []byte
			}
		}
	}
	Data []byte
}

func TestFromEnv(t *testing.T) {
	const name = "COUNTERSIGN_TEST_KEY"
	t.Setenv(name, rfc8410Key)
	k, err := FromEnv(name, "2026a", nil)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(k.JWK()), rfc8410Public) {
		t.Errorf("another key: %s", k.JWK())
	}
	if _, still := os.LookupEnv(name); still {
		t.Error("C7 the variable is still set")
	}
	if _, err := FromEnv(name, "2026a", nil); err == nil {
		t.Error("a variable that is not set is a key")
	}
	t.Setenv(name, "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n")
	if _, err := FromEnv(name, "2026a", nil); err == nil || strings.Contains(err.Error(), "c2VjcmV0") {
		t.Errorf("C7 error %v", err)
	}
	if _, still := os.LookupEnv(name); still {
		t.Error("C7 the variable is still set after an error")
	}
}

func TestDefaultDir(t *testing.T) {
	home := t.TempDir()
	for _, name := range []string{"HOME", "XDG_CONFIG_HOME", "AppData"} {
		t.Setenv(name, home)
	}
	dir, err := DefaultDir()
	if err != nil || filepath.Base(dir) != "countersign" || !filepath.IsAbs(dir) {
		t.Errorf("directory %s, error %v", dir, err)
	}
}
