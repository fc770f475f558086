package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/fc28f635/countersign/attest"
	"github.com/fc28f635/countersign/internal/strictjson"
	"github.com/fc28f635/countersign/metadata"
)

// checkKeyPlace refuses to make a key where it would be published by accident:
// in the tree that is uploaded, or in a git work tree that does not ignore it.
// Mend says where it can be.
func checkKeyPlace(place, tree, mend string) error {
	if err := checkExpanded(place); err != nil {
		return err
	}
	if err := notUploadedWith(place, tree); err != nil {
		return err
	}
	for above := resolved(place); ; above = filepath.Dir(above) {
		if ignoresAll(above) {
			return nil
		}
		if _, err := os.Lstat(filepath.Join(above, ".git")); err == nil {
			return refused(fmt.Errorf("no key is put into %q: it is in the git work tree %q", place, above), mend)
		}
		if above == filepath.Dir(above) {
			return nil
		}
	}
}

// checkExpanded refuses a path that begins with ~. Shells leave it alone after
// --flag= and in quotes, and cmd.exe always: the key would be in a directory of
// that name, wherever the command was run.
func checkExpanded(path string) error {
	first, _, _ := strings.Cut(filepath.ToSlash(path), "/")
	if first != "~" {
		return nil
	}
	return refused(fmt.Errorf("%q is not in your home directory: the shell left the ~ as it is", path), "write the whole path")
}

// keyDirMend says where keys can be. Flag is what --key-dir said.
func keyDirMend(flag string) string {
	if flag != "" {
		return "leave --key-dir out: keys are then kept in your configuration directory; countersign init --key-here keeps them in a work tree all the same, hidden from git"
	}
	return "--key-dir names a directory outside of it; countersign init --key-here keeps keys in a work tree all the same, hidden from git"
}

// keysDir is where init --key-here keeps keys, in the publisher's directory.
const keysDir = "keys"

// keysBeside returns the words of a command line that name the keys which init
// --key-here made in dir, none where it made none for the publisher.
func keysBeside(dir string, p metadata.Publisher) []string {
	keys := filepath.Join(dir, keysDir)
	if _, err := os.Stat(filepath.Dir(attest.KeyPath(keys, p, "any"))); dir == "" || err != nil {
		return nil
	}
	return []string{"--key-dir", keys}
}

// ignoreAll is the .gitignore of a directory that git is to see nothing of, the
// file itself included.
const ignoreAll = "*\n"

// ignoresAll reports whether git sees nothing of a directory.
func ignoresAll(dir string) bool {
	data, err := os.ReadFile(filepath.Join(dir, ".gitignore"))
	return err == nil && string(data) == ignoreAll
}

// hideFromGit makes a directory for keys that git sees nothing of. It reports
// whether that is new. Another .gitignore that is there is not replaced.
func hideFromGit(dir string) (changed bool, err error) {
	if ignoresAll(dir) {
		return false, nil
	}
	name := filepath.Join(dir, ".gitignore")
	err = os.MkdirAll(dir, 0o700)
	var file *os.File
	if err == nil {
		file, err = os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	}
	if err == nil {
		_, err = file.WriteString(ignoreAll)
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		return false, fail(fmt.Errorf("hiding keys from git: %w", err), "--key-dir names a directory that is for keys alone")
	}
	return true, nil
}

// notUploadedWith refuses a key, or a directory of keys, inside the tree.
func notUploadedWith(keys, tree string) error {
	if !inside(keys, tree) {
		return nil
	}
	return refused(fmt.Errorf("%q is inside %q, and everything there is uploaded: a key there becomes public", keys, tree),
		"keep keys elsewhere; without --key-dir they are kept in your configuration directory")
}

// inside reports whether a path is a directory or in it.
func inside(path, dir string) bool {
	rest, err := filepath.Rel(resolved(dir), resolved(path))
	return err == nil && filepath.IsLocal(rest)
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
		"take the key out; if it was ever published, countersign keys stolen DOMAIN KID says what to do")
}
