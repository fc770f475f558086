package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/attest"
	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
)

// A keyState is what may be done with a key.
type keyState string

const (
	stateActive  keyState = "active"  // its private part is here, and it signs
	stateNew     keyState = "new"     // its private part is here, and others sign
	stateStandby keyState = "standby" // its private part is kept elsewhere
	stateRetired keyState = "retired"
	stateLost    keyState = "lost"
	stateStolen  keyState = "stolen"
)

// live reports whether the key is one to sign with.
func (s keyState) live() bool { return s == stateActive || s == stateNew || s == stateStandby }

const (
	publicKeyExt   = ".jwk" // of the public part of a standby key
	endedDir       = "retired"
	publicKeyBytes = 4 << 10
)

// A ringKey is a key of a publisher, whether or not it is here.
type ringKey struct {
	id        string
	state     keyState
	public    json.RawMessage // nil where it cannot be known
	file      string          // of the private part, empty where it is not here
	elsewhere bool            // made as a standby, to be kept elsewhere
	made      time.Time       // the first that is known of it
	announced time.Time       // when its record was given out
	guessed   bool            // announced is when the tree was last written, on whatever machine
	inJournal bool            // the journal knows when it was made
	signed    []attest.Event
}

// thumbprint returns the thumbprint (RFC 7638) and the type, where known.
func (k *ringKey) thumbprint() (thumbprint string, t metadata.KeyType) {
	r, ok := k.record()
	if key, err := jose.ParseJWK(k.public); err == nil {
		thumbprint = key.Thumbprint()
	}
	if !ok {
		return thumbprint, ""
	}
	return thumbprint, r.Type
}

// record returns the key record, where the public part is known.
func (k *ringKey) record() (metadata.KeyRecord, bool) {
	key, err := jose.ParseJWK(k.public)
	if err != nil {
		return metadata.KeyRecord{}, false
	}
	return key.Record()
}

// living returns the statements of the key that hold at now, by their end.
func (k *ringKey) living(now time.Time) []attest.Event {
	var list []attest.Event
	for _, e := range k.signed {
		if now.Before(time.Unix(e.ExpiresAt, 0).Add(limits.Leeway)) {
			list = append(list, e)
		}
	}
	slices.SortStableFunc(list, func(a, b attest.Event) int { return int(a.ExpiresAt - b.ExpiresAt) })
	return list
}

// A keyring is all that this machine knows of a publisher's keys.
type keyring struct {
	publisher metadata.Publisher
	dir       string // of the keys of all publishers
	journal   attest.Journal
	keys      []*ringKey // by kid
	damaged   []int      // lines of the journal that cannot be read
}

func openKeyring(dir string, p metadata.Publisher) (*keyring, error) {
	r := &keyring{publisher: p, dir: dir, journal: attest.OpenJournal(dir, p)}
	if err := r.scan(r.home(), true); err != nil {
		return nil, err
	}
	if err := r.scan(filepath.Join(r.home(), endedDir), false); err != nil {
		return nil, err
	}
	events, damaged, err := r.journal.Read()
	if err != nil {
		return nil, fail(err, "")
	}
	r.damaged = damaged
	for _, e := range events {
		r.replay(e)
	}
	r.settle()
	return r, nil
}

// home is the directory of the publisher's keys.
func (r *keyring) home() string { return filepath.Join(r.dir, r.publisher.Domain()) }

// scan finds the key files in a directory: here, or put aside.
func (r *keyring) scan(dir string, here bool) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fail(fmt.Errorf("looking for keys: %w", err), "--key-dir names a directory for keys")
	}
	for _, entry := range entries {
		name := entry.Name()
		ext := filepath.Ext(name)
		kid := strings.TrimSuffix(name, ext)
		private := filepath.Base(attest.KeyPath(r.dir, r.publisher, kid)) == name
		if !private && ext != publicKeyExt || metadata.CheckKeyID(kid) != nil {
			continue
		}
		k := r.know(kid)
		path := filepath.Join(dir, name)
		if info, err := entry.Info(); err == nil && (k.made.IsZero() || info.ModTime().Before(k.made)) {
			k.made = info.ModTime().UTC().Truncate(time.Second)
		}
		if private && here {
			k.file = path
		}
		k.elsewhere = k.elsewhere || !private
		if jwk := publicPart(path, kid, private); jwk != nil {
			k.public = jwk
		}
		if !here {
			k.state = stateRetired
		}
	}
	return nil
}

// publicPart reads the public JWK of a key file. It asks for no passphrase: of
// an encrypted key it is nil.
func publicPart(path, kid string, private bool) json.RawMessage {
	if private {
		key, err := attest.Load(path, kid, nil)
		if err != nil {
			return nil
		}
		return key.JWK()
	}
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, publicKeyBytes))
	if err != nil || keyID(data) != kid {
		return nil
	}
	return data
}

// replay applies an event of the journal.
func (r *keyring) replay(e attest.Event) {
	k := r.know(e.KeyID)
	switch e.Kind {
	case attest.KeyMade:
		k.made, k.inJournal = e.At, true
	case attest.KeyAnnounced:
		if k.announced.IsZero() {
			k.announced = e.At
		}
	case attest.KeySigned:
		k.signed = append(k.signed, e)
		if k.state == stateLost { // and found again
			k.state = ""
		}
	case attest.KeyRetired, attest.KeyLost, attest.KeyStolen:
		if k.state != stateStolen { // which nothing undoes
			k.state = keyState(e.Kind)
		}
	}
	if k.made.IsZero() || e.At.Before(k.made) && !k.inJournal {
		k.made = e.At
	}
}

// settle finds the states that no event gave.
func (r *keyring) settle() {
	signs := slices.ContainsFunc(r.keys, func(k *ringKey) bool { return k.state == "" && k.file != "" && len(k.signed) > 0 })
	for _, k := range r.keys {
		if k.announced.IsZero() { // made before there was a journal, or published at once
			k.announced = k.made
		}
		switch {
		case k.state != "":
		case len(k.signed) > 0:
			k.state = stateActive
		case k.file == "" && k.elsewhere:
			k.state = stateStandby
		case signs:
			k.state = stateNew
		default:
			k.state = stateActive
		}
	}
	slices.SortFunc(r.keys, func(a, b *ringKey) int { return strings.Compare(a.id, b.id) })
}

// know returns the key with the kid, and adds it where there is none.
func (r *keyring) know(kid string) *ringKey {
	if k := r.find(kid); k != nil {
		return k
	}
	k := &ringKey{id: kid}
	r.keys = append(r.keys, k)
	return k
}

// find returns the key with the kid, or nil.
func (r *keyring) find(kid string) *ringKey {
	i := slices.IndexFunc(r.keys, func(k *ringKey) bool { return k.id == kid })
	if i < 0 {
		return nil
	}
	return r.keys[i]
}

// need returns the key with the kid, or an error that names those there are.
func (r *keyring) need(kid string) (*ringKey, error) {
	if k := r.find(kid); k != nil {
		return k, nil
	}
	return nil, refused(fmt.Errorf("%s has no key %.100q here", r.publisher.Domain(), kid),
		command("keys", "list", r.publisher.Domain())+" lists those it has; --dir finds those in the publisher document, too")
}

// successor returns the key to go on with without k: a standby first, then the
// one announced the longest ago. It is nil where there is none.
func (r *keyring) successor(k *ringKey, standbyFirst bool) *ringKey {
	var best *ringKey
	for _, other := range r.keys {
		if other == k || !other.state.live() {
			continue
		}
		switch {
		case best == nil:
			best = other
		case standbyFirst && (best.state == stateStandby) != (other.state == stateStandby):
			if other.state == stateStandby {
				best = other
			}
		case other.announced.Before(best.announced):
			best = other
		}
	}
	return best
}

// note journals a new key, whose record is given out at once.
func (r *keyring) note(key attest.Key, now time.Time) error {
	if err := r.journal.Append(
		attest.Event{At: now, Kind: attest.KeyMade, KeyID: key.ID(), Thumbprint: key.Thumbprint()},
		attest.Event{At: now, Kind: attest.KeyAnnounced, KeyID: key.ID(), Thumbprint: key.Thumbprint()},
	); err != nil {
		return fail(err, "--key-dir names another directory for keys")
	}
	return nil
}

// standby returns the standby key, or nil.
func (r *keyring) standby() *ringKey {
	i := slices.IndexFunc(r.keys, func(k *ringKey) bool { return k.state == stateStandby })
	if i < 0 {
		return nil
	}
	return r.keys[i]
}

// overlapped returns when the two keys have been announced together for as long
// as a line needs.
func overlapped(a, b *ringKey) time.Time {
	later := a.announced
	if b.announced.After(later) {
		later = b.announced
	}
	return later.Add(limits.KeyOverlap)
}

// warnEarly says that a key signs which verifiers have not seen beside the older
// one for long enough.
func warnEarly(c *cobra.Command, f keyFlags, p metadata.Publisher, kid string) {
	dir, err := keyDir(f.dir)
	if err != nil {
		return
	}
	r, err := openKeyring(dir, p)
	if err != nil {
		return
	}
	k := r.find(kid)
	if k == nil {
		return
	}
	for _, older := range r.keys {
		if from := overlapped(k, older); older.state.live() && older.announced.Before(k.announced) && testOnlyNow().Before(from) {
			fmt.Fprintf(c.ErrOrStderr(), "countersign: warning: %s was announced less than 24 h ago: verifiers that know %s give what it signs tier domain until %s, or longer; --kid %s signs in the meantime\n",
				printable(kid), printable(older.id), clock(from), printable(older.id))
			return
		}
	}
}

// ids returns every kid that a key ever had, as far as is known.
func (r *keyring) ids() []string {
	ids := make([]string, len(r.keys))
	for i, k := range r.keys {
		ids[i] = k.id
	}
	return ids
}

// putAside moves the files of a key to where no command signs with them. It
// returns where the private part is, empty where it is not here.
func (r *keyring) putAside(k *ringKey) (string, error) {
	aside := filepath.Join(r.home(), endedDir)
	private := ""
	for _, ext := range []string{filepath.Ext(attest.KeyPath(r.dir, r.publisher, k.id)), publicKeyExt} {
		from, to := filepath.Join(r.home(), k.id+ext), filepath.Join(aside, k.id+ext)
		if _, err := os.Lstat(from); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if _, err := os.Lstat(to); err == nil {
			return "", fail(fmt.Errorf("%q is there already: no key is ever overwritten", to), "move it away")
		}
		err := os.MkdirAll(aside, 0o700)
		if err == nil {
			err = os.Rename(from, to)
		}
		if err != nil {
			return "", fail(fmt.Errorf("putting key %s aside: %w", k.id, err), "")
		}
		if ext != publicKeyExt {
			private = to
		}
	}
	return private, nil
}
