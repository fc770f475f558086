package attest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/fc28f635/countersign/metadata"
)

const (
	keyFileBytes = 64 << 10 // an encrypted key has a few hundred bytes
	keyFileExt   = ".pem"
)

// ErrReadableByOthers reports a key file that others than its owner may read.
var ErrReadableByOthers = errors.New("others can read this key file")

// DefaultDir returns the directory of the user's keys, in the user's
// configuration directory.
func DefaultDir() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("finding the key directory: %w", err)
	}
	return filepath.Join(dir, "countersign"), nil
}

// KeyPath returns where the publisher's key with the kid is kept below dir: one
// directory for each domain, and the kid as the name of the file.
func KeyPath(dir string, p metadata.Publisher, kid string) string {
	return filepath.Join(dir, p.Domain(), kid+keyFileExt)
}

// Save writes the key to a new file that only its owner can read, and makes the
// file's directory where there is none. With a passphrase the key is encrypted;
// nil writes it in the clear, and an empty one is an error. The error wraps
// fs.ErrExist where the file exists: no key is ever overwritten.
func (k Key) Save(path string, passphrase []byte) error {
	if k.reveal == nil {
		return errors.New("writing a key: no key")
	}
	data, err := marshalKey(k.reveal().Signer, passphrase)
	if err != nil {
		return fmt.Errorf("writing a key: %w", err)
	}
	defer clear(data)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("writing a key: %w", err)
	}
	if err := writeNew(path, data); err != nil {
		return fmt.Errorf("writing a key: %w", err)
	}
	return nil
}

// WritePEM writes the key to w as Save does to a file: the one way in which its
// private part is ever shown.
func (k Key) WritePEM(w io.Writer, passphrase []byte) error {
	if k.reveal == nil {
		return errors.New("writing a key: no key")
	}
	data, err := marshalKey(k.reveal().Signer, passphrase)
	if err != nil {
		return fmt.Errorf("writing a key: %w", err)
	}
	defer clear(data)
	if _, err := w.Write(data); err != nil {
		return fmt.Errorf("writing a key: %w", err)
	}
	return nil
}

// writeNew creates the file under its final name, since a rename could
// overwrite, and takes it away again where it could not be completed.
func writeNew(path string, data []byte) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if closed := f.Close(); err == nil {
			err = closed
		}
		if err != nil {
			_ = os.Remove(path)
		}
	}()
	if err := keepPrivate(f); err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// Load reads a key file: a regular file, no link, of at most 64 KiB, that only
// its owner can read. Where kid is empty it is the name of the file without
// extension. The error wraps [ErrPassphrase] or [ErrReadableByOthers] where that
// is why.
func Load(path, kid string, passphrase Passphrase) (Key, error) {
	data, err := readPrivate(path)
	if err != nil {
		return Key{}, fmt.Errorf("reading a key: %w", err)
	}
	defer clear(data)
	if kid == "" {
		kid = strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	}
	k, err := read(data, kid, passphrase)
	if err != nil {
		return Key{}, fmt.Errorf("reading key file %q: %w", path, err)
	}
	return k, nil
}

// FromEnv reads a key from an environment variable that holds what a key file
// does, and removes the variable, so that no program started later inherits it.
func FromEnv(name, kid string, passphrase Passphrase) (Key, error) {
	text, ok := os.LookupEnv(name)
	if !ok || text == "" {
		return Key{}, fmt.Errorf("reading a key: the environment variable %q is not set", name)
	}
	if err := os.Unsetenv(name); err != nil {
		return Key{}, fmt.Errorf("reading a key: %w", err)
	}
	k, err := read([]byte(text), kid, passphrase)
	if err != nil {
		return Key{}, fmt.Errorf("reading a key from the environment variable %q: %w", name, err)
	}
	return k, nil
}

func read(data []byte, kid string, passphrase Passphrase) (Key, error) {
	if len(data) > keyFileBytes {
		return Key{}, errors.New("more than 64 KiB: no key")
	}
	signer, err := unmarshalKey(data, passphrase)
	if err != nil {
		return Key{}, err
	}
	return New(kid, signer)
}

func readPrivate(path string) ([]byte, error) {
	f, err := openNoFollow(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%q is no regular file", path)
	}
	if err := checkPrivate(f, info); err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(f, keyFileBytes+1))
}
