package attest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/sigstore/sigstore/pkg/cryptoutils"
)

// A Passphrase returns the passphrase of an encrypted key. It is called once,
// and only where the key is encrypted.
type Passphrase func() ([]byte, error)

// ErrPassphrase reports that an encrypted key could not be opened: the
// passphrase is wrong or missing, or the file is damaged. Which of these cannot
// be known.
var ErrPassphrase = errors.New("wrong passphrase, or a damaged key")

const (
	pemPlain     = string(cryptoutils.PrivateKeyPEMType)
	pemSEC1      = string(cryptoutils.ECPrivateKeyPEMType)
	pemSigstore  = string(cryptoutils.EncryptedSigstorePrivateKeyPEMType)
	pemCosign    = "ENCRYPTED COSIGN PRIVATE KEY"
	pemEncrypted = "ENCRYPTED PRIVATE KEY"
)

// marshalKey writes PKCS#8 in PEM (RFC 5958, RFC 7468), encrypted in the form
// of cosign where there is a passphrase.
func marshalKey(signer crypto.Signer, passphrase []byte) ([]byte, error) {
	switch signer.(type) {
	case ed25519.PrivateKey, *ecdsa.PrivateKey:
	default:
		return nil, errors.New("the key is in a device and cannot be written")
	}
	if passphrase == nil {
		return cryptoutils.MarshalPrivateKeyToPEM(signer)
	}
	if len(passphrase) == 0 {
		return nil, errors.New("the passphrase is empty")
	}
	der, err := cryptoutils.MarshalPrivateKeyToEncryptedDER(signer, cryptoutils.StaticPasswordFunc(passphrase))
	if err != nil {
		return nil, err
	}
	return cryptoutils.PEMEncode(cryptoutils.EncryptedSigstorePrivateKeyPEMType, der), nil
}

// unmarshalKey reads exactly one private key: with several in a file, or text
// before it, two programs might take different ones.
func unmarshalKey(data []byte, passphrase Passphrase) (crypto.Signer, error) {
	block, rest := pem.Decode(data)
	switch {
	case block == nil:
		return nil, errors.New("no PEM block, or a damaged one")
	case !bytes.HasPrefix(data, []byte("-----BEGIN "+block.Type+"-----")):
		return nil, errors.New("text before the PEM block")
	case len(bytes.TrimSpace(rest)) > 0:
		return nil, errors.New("more than one PEM block, or text after it")
	case len(block.Headers) > 0:
		return nil, errors.New("a PEM block with headers: convert it with openssl pkcs8 -topk8")
	}
	var password []byte
	switch block.Type {
	case pemPlain, pemSEC1:
	case pemSigstore, pemCosign, pemEncrypted:
		if passphrase == nil {
			return nil, fmt.Errorf("the key is encrypted: %w", ErrPassphrase)
		}
		given, err := passphrase()
		if err != nil {
			return nil, fmt.Errorf("asking for the passphrase: %w", err)
		}
		// Sigstore reads nil as: not encrypted after all.
		password = append([]byte{}, given...)
		defer clear(password)
	default:
		return nil, fmt.Errorf("PEM type %.100q is none of PRIVATE KEY, EC PRIVATE KEY, ENCRYPTED PRIVATE KEY and what cosign writes", block.Type)
	}
	private, err := decodeKey(data, password)
	if err != nil && password != nil {
		return nil, ErrPassphrase
	}
	if err != nil {
		return nil, fmt.Errorf("reading a private key: %w", err)
	}
	signer, ok := private.(crypto.Signer)
	if !ok {
		return nil, errors.New("the key is not one that signs")
	}
	return signer, nil
}

// decodeKey turns a panic into an error: the PBES2 reader behind it panics where
// the initialization vector or the ciphertext has an odd length.
func decodeKey(data, password []byte) (private crypto.PrivateKey, err error) {
	defer func() {
		if recover() != nil {
			private, err = nil, errors.New("the encrypted key is damaged")
		}
	}()
	return cryptoutils.UnmarshalPEMToPrivateKey(data, cryptoutils.StaticPasswordFunc(password))
}
