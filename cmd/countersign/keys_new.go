package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/attest"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
)

// newKeyFlags are those of the commands that make a key.
type newKeyFlags struct {
	ringFlags
	kid, keyType string
}

func (f *newKeyFlags) add(c *cobra.Command) {
	f.ringFlags.add(c)
	f.addSite(c)
	flags := c.Flags()
	flags.StringVar(&f.kid, "kid", "", "the `ID` of the key (default: the year and the next free letter)")
	flags.StringVar(&f.keyType, "key-type", string(metadata.KeyEd25519), "the `TYPE` of the key: ed25519 or p256")
}

func keysNewCommand() *cobra.Command {
	var f newKeyFlags
	c := &cobra.Command{
		Use:   "new DOMAIN",
		Short: "Make the next key, and say when it may sign",
		Long: `Make the next key of a publisher and print its record, which is added to those
that are there: a record is never edited. The new key may sign once verifiers
have seen it for 24 h beside the old one; before that they take it for a new
line, at tier domain.

Exit status: 0 made, 1 the key cannot be made, 2 the command line is wrong, 3
the command could not do its work.`,
		Example: `  countersign keys new acme.example --dir acme
  countersign keys new acme.example --dir acme --kid 2026b --key-type p256`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return runKeysNew(c, f, args[0]) },
	}
	f.add(c)
	return c
}

// prepare opens the keys and the tree, and makes a key that is nowhere yet.
func (f *newKeyFlags) prepare(domain string) (r *keyring, tree *site, key attest.Key, err error) {
	keyType := metadata.KeyType(f.keyType)
	if keyType != metadata.KeyEd25519 && keyType != metadata.KeyP256 {
		return nil, nil, key, &usageError{fmt.Errorf("--key-type %.100q is neither ed25519 nor p256", f.keyType)}
	}
	if r, err = f.open(domain); err != nil {
		return nil, nil, key, err
	}
	if err := checkKeyPlace(r.dir, filepath.Join(cmp.Or(f.dir, "."), siteDir), keyDirMend(f.keyDir)); err != nil {
		return nil, nil, key, err
	}
	if tree, err = f.openSite(r.publisher); err != nil {
		return nil, nil, key, err
	}
	used := r.ids()
	if tree != nil {
		document, err := tree.publisherDocument(r.publisher)
		if err != nil {
			tree.close()
			return nil, nil, key, err
		}
		used = append(used, keyIDs(document)...)
	}
	kid := cmp.Or(f.kid, freeKeyID(used))
	if slices.Contains(used, kid) {
		err = refused(fmt.Errorf("%s had a key %q before", r.publisher.Domain(), kid), "a kid is never used twice: "+freeKeyID(used)+" is free")
	} else if key, err = attest.Generate(kid, keyType); err != nil {
		err = &usageError{fmt.Errorf("--kid: %w", err)}
	}
	if err != nil && tree != nil {
		tree.close()
		tree = nil
	}
	return r, tree, key, err
}

// announce journals a new key and lists it in the tree.
func (f *newKeyFlags) announce(r *keyring, tree *site, key attest.Key, p *procedure, now time.Time) error {
	if err := r.note(key, now); err != nil {
		return err
	}
	record, err := key.Record()
	if err != nil {
		return fail(err, "")
	}
	p.step(keyStep{Do: "add one TXT record beside those that are there; none is edited or taken away", Add: newStepRecord(r.publisher, record),
		Seen: []consequence{{"your statements", answersSigned}}})
	if tree == nil {
		p.step(keyStep{Do: "list the key in the publisher document, too: add this to its keys\n" + string(key.JWK())})
		return nil
	}
	changed, err := tree.listKey(r.publisher, key.JWK())
	if err != nil {
		return err
	}
	if changed {
		p.done("made   %s", tree.keysPath(r.publisher))
	}
	p.step(keyStep{Do: uploadStep(r.publisher, f.dir) + ": where the zone is not signed, verifiers believe a key that both have"})
	return nil
}

func runKeysNew(c *cobra.Command, f newKeyFlags, domain string) error {
	now := testOnlyNow()
	r, tree, key, err := f.prepare(domain)
	if err != nil {
		return err
	}
	if tree != nil {
		defer tree.close()
	}
	r.warn(c.ErrOrStderr())
	path := attest.KeyPath(r.dir, r.publisher, key.ID())
	if err := key.Save(path, nil); err != nil {
		return fail(err, "--key-dir names another directory for keys")
	}
	k := &ringKey{id: key.ID(), public: key.JWK(), state: stateNew, announced: now}
	older := r.successor(k, false)
	if older == nil {
		k.state = stateActive
	}
	p := newProcedure(r, k, k.state)
	p.done("made   key %s (%s) in %s", key.ID(), f.keyType, path)
	if err := f.announce(r, tree, key, p, now); err != nil {
		return err
	}
	sign := f.line("publish", "--dir", f.dirArgument(), "--kid", key.ID())
	switch {
	case older == nil && len(r.keys) == 0:
		p.step(keyStep{Do: "sign with it: it is the publisher's first key", Commands: []string{sign}})
	case older == nil:
		p.step(keyStep{Do: "sign with it: no older key is at hand. If the record of the old key is still there, leave it: after 24 h beside it the new key is of the same line",
			Commands: []string{sign}, Seen: []consequence{{"statements by " + key.ID() + " before that", answersNewLine}}})
	default:
		from := now.Add(limits.KeyOverlap).UTC().Truncate(time.Second)
		p.SignsFrom = &from
		p.step(keyStep{Do: "wait until verifiers have seen both keys for 24 h, not before " + clock(from) + ". Each counts from when it first looked, so that a day more costs nothing; " + older.id + " signs in the meantime",
			Seen: []consequence{{"statements by " + key.ID() + " before that", answersNewLine}}})
		p.step(keyStep{Do: "then sign with it, and " + uploadStep(r.publisher, f.dirArgument()), Commands: []string{sign},
			Seen: []consequence{{"statements by " + key.ID(), answersSigned}, {"statements by " + older.id, "as before: its record stays"}}})
		p.step(keyStep{Do: "when the last statement by " + older.id + " has ended, retire it",
			Commands: []string{f.line("keys", "retire", r.publisher.Domain(), older.id, "--dir", f.dirArgument())}})
	}
	p.tell(c.OutOrStdout(), f.json)
	return nil
}
