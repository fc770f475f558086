package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/fc28f635/countersign/internal/strictjson"
	"github.com/fc28f635/countersign/metadata"
)

// checkKeyPlace refuses to make a key where it would be published by accident:
// in the tree that is uploaded, or in a git work tree. Named says that --key-dir
// chose the place.
func checkKeyPlace(dir, tree string, named bool) error {
	if err := notUploadedWith(dir, tree); err != nil {
		return err
	}
	for place := resolved(dir); ; place = filepath.Dir(place) {
		if _, err := os.Lstat(filepath.Join(place, ".git")); err == nil {
			mend := "--key-dir names a directory outside of it"
			if named {
				mend = "leave --key-dir out: keys are then kept in your configuration directory"
			}
			return refused(fmt.Errorf("no key is put into %q: it is in the git work tree %q", dir, place), mend)
		}
		if place == filepath.Dir(place) {
			return nil
		}
	}
}

// notUploadedWith refuses a key, or a directory of keys, inside the tree.
func notUploadedWith(keys, tree string) error {
	inside, err := filepath.Rel(resolved(tree), resolved(keys))
	if err != nil || !filepath.IsLocal(inside) {
		return nil
	}
	return refused(fmt.Errorf("%q is inside %q, and everything there is uploaded: a key there becomes public", keys, tree),
		"keep keys elsewhere; without --key-dir they are kept in your configuration directory")
}

// resolved returns the absolute path without links, as far as it exists.
func resolved(path string) string {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return filepath.Clean(path)
	}
	rest := ""
	for there := absolute; there != filepath.Dir(there); there = filepath.Dir(there) {
		if real, err := filepath.EvalSymlinks(there); err == nil {
			return filepath.Join(real, rest)
		}
		rest = filepath.Join(filepath.Base(there), rest)
	}
	return absolute
}

// checkNoKey refuses client metadata into which a private key was pasted: they
// are published as they are.
func checkNoKey(name string, c metadata.Client) error {
	data, err := strictjson.Encode(c, false)
	if err == nil {
		data, err = strictjson.Canonical(data) // one spelling of every string
	}
	if err != nil {
		return fail(err, "")
	}
	if !strings.Contains(string(data), "PRIVATE KEY-----") {
		return nil
	}
	return refused(fmt.Errorf("%q: a member holds a private key, and everything in it is published", name),
		"take the key out; if it was ever published, make another with countersign init --kid and revoke this one")
}
