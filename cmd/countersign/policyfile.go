package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"

	"github.com/fc28f635/countersign/issuer"
)

// The policy in a data directory, and beside it the digest of the one that
// decided last: whoever loses the policy must not get another one unawares.
const (
	policyFile     = "policy.yaml"
	policyLastFile = "policy.last"
)

// fromBuiltin is where a policy comes from that is in no file yet, and is built in.
const fromBuiltin = "built-in"

// A chosenPolicy decides, or will.
type chosenPolicy struct {
	*issuer.Policy
	from string // a file, or fromBuiltin
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
		c.Policy, c.from = issuer.Standard(), fromBuiltin
		if builtin, ok := issuer.Builtin(first); ok {
			c.Policy = builtin
		}
	case isAbsent(err) && named == "":
		return c, fail(fmt.Errorf("%q is missing, and policy %s decided here", path, c.was),
			command("policy", "show", "current", "--data", dir)+" prints the one that decided last, where it was recorded; "+
				command("policy", "show")+" a built-in one, which may be another")
	case errors.Is(err, issuer.ErrPolicyFormat):
		return c, fail(err, "keep a copy of it; then "+command("policy", "show")+" > "+path+" writes the built-in one, into which you carry over what you changed: "+
			"docs/operations.md, An upgrade; nothing else in the data directory is touched")
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
	if c.from != fromBuiltin {
		return nil
	}
	if err := writePrivate(filepath.Join(dir, policyFile), c.Source()); err != nil {
		return fmt.Errorf("writing the policy: %w", err)
	}
	return nil
}

// keepDigest takes down which policy decides in a data directory.
func keepDigest(dir, digest string) error {
	path := filepath.Join(dir, policyLastFile)
	if was, err := os.ReadFile(path); err == nil && string(bytes.TrimSpace(was)) == digest {
		return nil
	}
	if err := errors.Join(writePrivate(path, []byte(digest+"\n")), giveToOwner(path, dir)); err != nil {
		return fmt.Errorf("recording the policy: %w", err)
	}
	return nil
}

// A policyPlace is where a service reads its policy from: its data directory, or
// the file that the settings name.
type policyPlace struct {
	dir   string
	named atomic.Pointer[string] // a reload can change it; nil or empty for policy.yaml in dir
}

func newPolicyPlace(dir, named string) *policyPlace {
	p := &policyPlace{dir: dir}
	p.named.Store(&named)
	return p
}

// keep writes a policy there. A file that the settings name is somebody else's: it
// must have that text already.
func (p *policyPlace) keep(policy *issuer.Policy) error {
	if named := *p.named.Load(); named != "" {
		if there, err := issuer.LoadPolicy(named); err != nil || there.Digest() != policy.Digest() {
			return fmt.Errorf("%q: %w", named, issuer.ErrPolicyElsewhere)
		}
		return nil
	}
	path := filepath.Join(p.dir, policyFile)
	if there, err := os.ReadFile(path); err != nil || !bytes.Equal(there, policy.Source()) {
		if err := errors.Join(writePrivate(path, policy.Source()), giveToOwner(path, p.dir)); err != nil {
			return fmt.Errorf("writing the policy: %w", err)
		}
	}
	return keepDigest(p.dir, policy.Digest())
}

// olderPolicyHint is the mend where an older policy was found in the file.
func olderPolicyHint(dir string) string {
	return command("policy", "apply", "FILE", "--rollback", "--reason", "TEXT", "--data", dir) + " puts it in force again; " +
		command("policy", "show", "current", "--data", dir) + " prints the one that decides, for the file"
}

// beginPolicy puts the policy in force that a start found. Where it is older than
// the one that decided last, that one goes on deciding: a service that stands still
// helps nobody, and one with the older policy may give what was taken back.
func beginPolicy(ctx context.Context, registry *issuer.Registry, cfg serviceConfig) error {
	found := registry.Policy()
	_, _, err := registry.FindPolicy(ctx, found, "found at a start")
	if errors.Is(err, issuer.ErrStorageFull) { // it decides, and is recorded by a start or reload that has room
		cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "policy not recorded", slog.String("policy_digest", found.Digest()), slog.String("error", err.Error()))
		return nil
	}
	if !errors.Is(err, issuer.ErrOlderPolicy) {
		return err
	}
	v, resumed := registry.ResumePolicy(ctx)
	if resumed != nil {
		return errors.Join(err, resumed)
	}
	cfg.Logger.LogAttrs(ctx, slog.LevelError, "older policy", slog.String("policy_found", found.Digest()), slog.String("policy_digest", v.Digest),
		slog.String("error", err.Error()), slog.String("hint", olderPolicyHint(cfg.Dir)))
	return nil
}
