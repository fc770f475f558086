package main

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/fc28f635/countersign/attest"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

// openCountersigner returns the countersigner of a service, nil where the
// service has no origin. Its first key is made at the first start.
func openCountersigner(cfg serviceConfig) (*issuer.Countersigner, error) {
	if cfg.Issuer.IsZero() {
		return nil, nil
	}
	_, err := os.Lstat(filepath.Join(cfg.Dir, scheduleFile))
	if errors.Is(err, fs.ErrNotExist) {
		_, err = os.Lstat(filepath.Join(cfg.Dir, countersigningFile))
	}
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := makeCountersigning(cfg.Dir, countersigningFile); err != nil {
			return nil, err
		}
	}
	r := &countersigningRing{dir: cfg.Dir, now: cfg.Lookup.Now, log: cfg.Logger}
	if r.now == nil {
		r.now = time.Now
	}
	if err := r.refresh(); err != nil {
		return nil, err
	}
	return issuer.NewCountersigner(cfg.Issuer, r.keys)
}

// A countersigningRing holds the countersigning keys of a data directory. At
// each use it looks whether the schedule was changed: keys rotate needs no
// restart and no signal, and a key that it dropped signs nothing more.
type countersigningRing struct {
	dir string
	now func() time.Time
	log *slog.Logger

	mu       sync.Mutex
	seen     fs.FileInfo // of the schedule that was read; nil without one
	schedule schedule
	loaded   map[string]issuer.CountersigningKey // by kid
	current  *issuer.CountersigningKeys
	kids     []string // of current
	failure  string   // logged last
}

// keys returns the keys of this moment. Where they cannot be read it goes on
// with those that it has, and says so once.
func (r *countersigningRing) keys() *issuer.CountersigningKeys {
	r.mu.Lock()
	defer r.mu.Unlock()
	failure := ""
	if err := r.refresh(); err != nil {
		failure = err.Error()
	}
	if failure != r.failure && failure != "" {
		r.log.Error("the countersigning keys that were changed are not in use", slog.String("error", failure))
	}
	r.failure = failure
	return r.current
}

// refresh brings current up to the schedule and the clock, whole or not at all.
func (r *countersigningRing) refresh() error {
	now, s, loaded := r.now(), r.schedule, r.loaded
	seen, err := os.Stat(filepath.Join(r.dir, scheduleFile))
	switch {
	case errors.Is(err, fs.ErrNotExist) && r.seen != nil:
		return fmt.Errorf("%q is gone", scheduleFile)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("reading the countersigning keys: %w", err)
	}
	if r.current == nil || seen != nil && !sameFile(seen, r.seen) {
		if s, err = currentSchedule(r.dir); err != nil {
			return err
		}
		loaded = make(map[string]issuer.CountersigningKey, len(s.Keys))
		for _, k := range s.at(now) {
			if loaded[k.KeyID], err = loadCountersigning(r.dir, k.File); err != nil {
				return err
			}
			if loaded[k.KeyID].KeyID != k.KeyID {
				return fmt.Errorf("reading the countersigning key: %q is not the key of kid %.100q", k.File, k.KeyID)
			}
		}
	}
	var ordered []issuer.CountersigningKey
	var kids []string
	for _, k := range s.at(now) {
		ordered, kids = append(ordered, loaded[k.KeyID]), append(kids, k.KeyID)
	}
	current := r.current
	if !slices.Equal(kids, r.kids) {
		if current, err = issuer.NewCountersigningKeys(ordered[0], ordered[1:]...); err != nil {
			return err
		}
		r.log.Info("countersigning keys", slog.String("signs", kids[0]), slog.Any("published", kids))
	}
	r.seen, r.schedule, r.loaded, r.current, r.kids = seen, s, loaded, current, kids
	return nil
}

func sameFile(a, b fs.FileInfo) bool {
	return b != nil && os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}

// makeCountersigning makes an ES256 key in a file of the data directory, by
// default one that is named after the key. The kid is the key's thumbprint (RFC
// 7638), so that it is the key's for good.
func makeCountersigning(dir, file string) (scheduledKey, error) {
	key, err := attest.Generate("countersign", metadata.KeyP256)
	if err != nil {
		return scheduledKey{}, err
	}
	made := scheduledKey{KeyID: key.Thumbprint(), File: file}
	if file == "" {
		const enough = 16 // of the kid, to tell two files apart
		made.File = "countersign-" + made.KeyID[:enough] + ".pem"
	}
	if err := key.Save(filepath.Join(dir, made.File), nil); err != nil {
		return scheduledKey{}, fmt.Errorf("keeping the countersigning key: %w", err)
	}
	return made, nil
}

// loadCountersigning reads the key in a file of the data directory. It refuses
// one that others can read.
func loadCountersigning(dir, file string) (issuer.CountersigningKey, error) {
	path := filepath.Join(dir, file)
	key, err := attest.Load(path, "countersign", nil)
	if err != nil {
		return issuer.CountersigningKey{}, fmt.Errorf("reading the countersigning key: %w", err)
	}
	signer, err := readSigner(path)
	if err != nil {
		return issuer.CountersigningKey{}, fmt.Errorf("reading the countersigning key: %w", err)
	}
	return issuer.CountersigningKey{KeyID: key.Thumbprint(), Signer: signer}, nil
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
