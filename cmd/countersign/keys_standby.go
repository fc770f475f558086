package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

func keysStandbyCommand() *cobra.Command {
	var f newKeyFlags
	var h handover
	c := &cobra.Command{
		Use:   "standby DOMAIN",
		Short: "Make a key to keep elsewhere, for the day the active one is lost or stolen",
		Long: `Make a standby key. Its private part is shown once, and not kept on this
machine: keep it where a thief of this machine does not find it. Its public part
is published from now on, so that it has overlap with the active key: whose
active key is lost or stolen goes on with the standby at once.

Without -o the private part is encrypted with a passphrase that is asked for,
and printed. -o FILE writes it to a new file and -o - prints it, encrypted where
there is a passphrase, from a terminal or --passphrase env:NAME.

Exit status: 0 made, 1 there is a standby already, 2 the command line is wrong,
3 the command could not do its work.`,
		Example: `  countersign keys standby acme.example --dir acme -o /media/stick/acme-standby.pem
  countersign keys standby acme.example --dir acme -o - | gpg --encrypt --recipient safe@acme.example >standby.gpg`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return runKeysStandby(c, f, h, args[0]) },
	}
	f.add(c)
	c.Flags().StringVarP(&h.output, "output", "o", "", "write the private part to the new `FILE`; - prints it")
	h.addPassphrase(c)
	return c
}

func runKeysStandby(c *cobra.Command, f newKeyFlags, h handover, domain string) error {
	if f.json && h.printed() {
		return &usageError{errors.New("--json needs -o FILE: no private key is put into JSON")}
	}
	now := testOnlyNow()
	r, tree, key, err := f.prepare(domain)
	if err != nil {
		return err
	}
	if tree != nil {
		defer tree.close()
	}
	r.warn(c.ErrOrStderr())
	if k := r.standby(); k != nil {
		return refused(fmt.Errorf("%s has the standby key %s already", r.publisher.Domain(), k.id),
			"one is enough; if it cannot be found, "+f.line("keys", "lost", r.publisher.Domain(), k.id, "--dir", f.dirArgument()))
	}
	if err := h.checkPlace(cmp.Or(f.dir, "."), r.dir); err != nil {
		return err
	}
	passphrase, err := h.newPassphrase(c, true)
	if err != nil {
		return err
	}
	defer clear(passphrase)
	if err := h.give(c, key, passphrase); err != nil {
		return err
	}
	k := &ringKey{id: key.ID(), public: key.JWK(), state: stateStandby, announced: now}
	p := newProcedure(r, k, stateStandby)
	out := c.OutOrStdout()
	if h.printed() {
		out = c.ErrOrStderr()
	} else {
		p.done("made   the private part of key %s (%s) in %s, and nowhere else", key.ID(), f.keyType, h.output)
	}
	if err := keepPublic(filepath.Join(r.home(), key.ID()+publicKeyExt), key.JWK()); err != nil {
		return err
	}
	p.step(keyStep{Do: keepElsewhere})
	if err := f.announce(r, tree, key, p, now); err != nil {
		return err
	}
	p.tell(out, f.json)
	return nil
}

// keepPublic writes a public JWK to a new file.
func keepPublic(path string, jwk []byte) error {
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		err = writeWhole(path, append(bytes.Clone(jwk), '\n'))
	}
	if err != nil {
		return fail(fmt.Errorf("keeping the public part of the standby: %w", err), "--key-dir names another directory for keys")
	}
	return nil
}
