package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/attest"
	"github.com/fc28f635/countersign/metadata"
)

// An initKeys makes the keys of a publisher, or finds those that are there.
type initKeys struct {
	flags   *initFlags
	ring    *keyring
	kept    []string // the kids whose private part is here
	standby bool     // one is to be made

	passphrase []byte // of the standby, nil for none
}

// openKeys finds the keys that are there, and asks for the passphrase of a
// standby that is to be made: from then on nothing is asked.
func (f *initFlags) openKeys(c *cobra.Command, p metadata.Publisher, asks bool) (*initKeys, error) {
	dir, err := keyDir(f.keyDir)
	if err != nil {
		return nil, err
	}
	k := &initKeys{flags: f}
	if k.kept, err = keptKeys(dir, p); err != nil {
		return nil, err
	}
	if k.ring, err = openKeyring(dir, p); err != nil {
		return nil, err
	}
	first := len(k.ring.keys) == 0
	k.standby = !f.noStandby && k.ring.standby() == nil && (f.standby.output != "" || first && asks)
	if !k.standby {
		return k, nil
	}
	if err := f.standby.checkPlace(f.dir, dir); err != nil {
		return nil, err
	}
	if f.standby.output == "" && f.standby.passphrase == "" {
		fmt.Fprintln(c.ErrOrStderr(), "A second key, the standby, is for the day that the first is lost or stolen. It is shown once, encrypted, for you to keep elsewhere.")
	}
	k.passphrase, err = f.standby.newPassphrase(c, !f.yes)
	return k, err
}

// active returns the key that is to sign: the one that --kid names or the one
// that is there, else a new one.
func (k *initKeys) active(c *cobra.Command, tree *site, t metadata.KeyType) (key attest.Key, path string, made bool, err error) {
	f, dir, p := k.flags, k.ring.dir, k.ring.publisher
	document, err := tree.publisherDocument(p)
	if err != nil {
		return key, "", false, err
	}
	published := keyIDs(document)
	if f.kid == "" && len(k.kept) > 0 || slices.Contains(k.kept, f.kid) {
		keys := keyFlags{kid: f.kid, dir: f.keyDir, project: f.dir}
		key, err = keys.load(p, published, c)
		return key, attest.KeyPath(dir, p, key.ID()), false, err
	}
	used := append(k.ring.ids(), published...)
	kid := cmp.Or(f.kid, freeKeyID(used))
	if slices.Contains(published, kid) {
		return key, "", false, refused(fmt.Errorf("kid %q is published, and its key is not kept in %q", kid, dir),
			"a kid is never used twice: "+command("init", p.Domain(), "--dir", f.dir, "--kid", freeKeyID(used)))
	}
	if slices.Contains(used, kid) {
		return key, "", false, refused(fmt.Errorf("%s had a key %q before", p.Domain(), kid), "a kid is never used twice: "+freeKeyID(used)+" is free")
	}
	if err := checkKeyPlace(dir, tree.dir, keyDirMend(f.keyDir)); err != nil {
		return key, "", false, err
	}
	key, err = attest.Generate(kid, t)
	if err != nil {
		return key, "", false, &usageError{fmt.Errorf("--kid: %w", err)}
	}
	path = attest.KeyPath(dir, p, kid)
	if err := key.Save(path, nil); err != nil {
		return key, "", false, fail(err, "--key-dir names another directory for keys")
	}
	return key, path, true, k.ring.note(key, testOnlyNow())
}

// standing returns records, and then those of every other key that stay at the
// name until the key is retired: what manages the whole name, as Terraform does,
// would else delete them.
func (k *initKeys) standing(records []attest.DNSRecord) []attest.DNSRecord {
	all := slices.Clone(records)
	for _, other := range k.ring.keys {
		record, ok := other.record()
		if !ok || other.state == stateRetired || slices.ContainsFunc(all, func(r attest.DNSRecord) bool { return r.Key.KeyID == other.id }) {
			continue
		}
		if other.state == stateStolen {
			record.PublicKey = ""
		}
		all = append(all, attest.DNSRecord{Publisher: k.ring.publisher, Key: record})
	}
	return all
}

// makeStandby makes a standby beside the active key, hands its private part
// over, and publishes its public part.
func (k *initKeys) makeStandby(c *cobra.Command, tree *site, active string, t metadata.KeyType) (key attest.Key, err error) {
	document, err := tree.publisherDocument(k.ring.publisher)
	if err != nil {
		return key, err
	}
	kid := freeKeyID(slices.Concat(k.ring.ids(), keyIDs(document), []string{active}))
	if key, err = attest.Generate(kid, t); err != nil {
		return key, fail(err, "")
	}
	if err := k.flags.standby.give(c, key, k.passphrase); err != nil {
		return key, err
	}
	if err := keepPublic(filepath.Join(k.ring.home(), kid+publicKeyExt), key.JWK()); err != nil {
		return key, err
	}
	if err := k.ring.note(key, testOnlyNow()); err != nil {
		return key, err
	}
	_, err = tree.listKey(k.ring.publisher, key.JWK())
	return key, err
}
