package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/fc28f635/countersign/issuer"
)

// The policy in a data directory, and beside it the digest of the one that
// decided last: whoever loses the policy must not get another one unawares.
const (
	policyFile     = "policy.yaml"
	policyLastFile = "policy.last"
)

// fromEmbedded is where a policy comes from that is in no file yet, and is built in.
const fromEmbedded = "embedded"

// A chosenPolicy decides, or will.
type chosenPolicy struct {
	*issuer.Policy
	from string // a file, or fromEmbedded
	was  string // the digest of the one that decided last; empty at the first start
}

// choosePolicy returns the policy of a data directory, or that in the file
// named, where one is. At the first start it is the built-in one of that name.
func choosePolicy(dir, named, first string) (chosenPolicy, error) {
	was, err := os.ReadFile(filepath.Join(dir, policyLastFile))
	if err != nil && !isAbsent(err) {
		return chosenPolicy{}, fail(fmt.Errorf("reading which policy decided last: %w", err), "give the data directory and all in it to the user of the service")
	}
	path := named
	if named == "" {
		path = filepath.Join(dir, policyFile)
	}
	c := chosenPolicy{from: path, was: string(bytes.TrimSpace(was))}
	c.Policy, err = issuer.LoadPolicy(path)
	switch {
	case isAbsent(err) && named == "" && c.was == "":
		c.Policy, c.from = issuer.Standard(), fromEmbedded
		if builtin, ok := issuer.Builtin(first); ok {
			c.Policy = builtin
		}
	case isAbsent(err) && named == "":
		return c, fail(fmt.Errorf("%q is missing, and policy %s decided here", path, c.was),
			"restore it from a copy; "+command("policy", "show")+" prints a built-in one, which may be another")
	case err != nil:
		return c, fail(err, "mend it there; "+command("policy", "show")+" prints one that is right")
	}
	return c, nil
}

// isAbsent reports whether a file is not there, or what should be its directory
// is none: the store says that better.
func isAbsent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// keep writes a built-in policy into the data directory, where it decides from
// then on, and records which policy decides.
func (c chosenPolicy) keep(dir string) error {
	if c.from == fromEmbedded {
		if err := writePrivate(filepath.Join(dir, policyFile), c.Source()); err != nil {
			return fmt.Errorf("writing the policy: %w", err)
		}
	}
	if c.was == c.Digest() {
		return nil
	}
	if err := writePrivate(filepath.Join(dir, policyLastFile), []byte(c.Digest()+"\n")); err != nil {
		return fmt.Errorf("recording the policy: %w", err)
	}
	return nil
}
