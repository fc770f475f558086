package main

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/fc28f635/countersign/attest"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

// countersigningFile is the service's own key in its data directory.
const countersigningFile = "countersign.pem"

// openCountersigner returns the countersigner of a service, nil where the
// service has no origin. Its ES256 key is made at the first start. The kid is
// the key's thumbprint (RFC 7638), so that it is the key's for good.
func openCountersigner(dir string, origin metadata.Publisher) (*issuer.Countersigner, error) {
	if origin.IsZero() {
		return nil, nil
	}
	path := filepath.Join(dir, countersigningFile)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		key, err := attest.Generate("countersign", metadata.KeyP256)
		if err != nil {
			return nil, err
		}
		if err := key.Save(path, nil); err != nil {
			return nil, fmt.Errorf("keeping the countersigning key: %w", err)
		}
	}
	key, err := attest.Load(path, "countersign", nil) // refuses a file that others can read
	if err != nil {
		return nil, fmt.Errorf("reading the countersigning key: %w", err)
	}
	signer, err := readSigner(path)
	if err != nil {
		return nil, fmt.Errorf("reading the countersigning key: %w", err)
	}
	return issuer.NewCountersigner(origin, key.Thumbprint(), signer)
}

// readSigner reads a PKCS#8 key: package attest keeps its own to itself, and
// signs nothing but statements with them.
func readSigner(path string) (crypto.Signer, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, errors.New("no PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("not a PKCS#8 key without passphrase")
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, errors.New("not a key that signs")
	}
	return signer, nil
}
