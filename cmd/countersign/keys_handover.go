package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/attest"
)

// A handover is how the private part of a standby key leaves this machine: it is
// written or shown once, and not kept.
type handover struct {
	output     string // a new file, - for standard output, empty for a terminal
	passphrase string // env:NAME, empty to ask for one
}

// keepElsewhere is what a person does with the private part of a standby.
const keepElsewhere = "keep the private part where a thief of this machine does not find it: on paper, on a stick, in a safe. It is not shown again"

func (h *handover) addPassphrase(c *cobra.Command) {
	c.Flags().StringVar(&h.passphrase, "passphrase", "", "encrypt the standby with the passphrase in `env:NAME`, which is read once and removed")
}

// printed reports whether the private part goes to standard output, which then
// has nothing else.
func (h handover) printed() bool { return h.output == "" || h.output == "-" }

// checkPlace refuses a file that would be published by accident, or lost and
// stolen together with the keys. Dir is the publisher's.
func (h handover) checkPlace(dir, keys string) error {
	if h.printed() {
		return nil
	}
	const mend = "name a file outside of it, best on what can be taken out of this machine"
	if inside(h.output, keys) {
		return refused(fmt.Errorf("no standby is put into %q: whoever has the keys in %q has it, too", h.output, keys), mend)
	}
	return checkKeyPlace(h.output, filepath.Join(dir, siteDir), mend)
}

// give hands the private part over. It comes before the key is published: nobody
// may rely on a key that nobody has.
func (h handover) give(c *cobra.Command, key attest.Key, passphrase []byte) error {
	if passphrase == nil {
		fmt.Fprintln(c.ErrOrStderr(), "countersign: warning: the private part is not encrypted")
	}
	if !h.printed() {
		if err := key.Save(h.output, passphrase); err != nil {
			return fail(err, notSaved(err))
		}
		return nil
	}
	var text bytes.Buffer
	err := key.WritePEM(&text, passphrase)
	if err == nil {
		_, err = c.OutOrStdout().Write(text.Bytes())
	}
	clear(text.Bytes())
	if err != nil {
		return fail(err, "")
	}
	return nil
}

// notSaved says how to go on where a file for a standby key was not made.
func notSaved(err error) string {
	if errors.Is(err, fs.ErrPermission) {
		return "it is a place that you cannot write to, or one that keeps no permissions, as many sticks do: name a file in your home directory, and move it there"
	}
	return "name a new file for the standby key"
}

// newPassphrase returns what a standby key is encrypted with, nil for nothing. It
// asks only where it may.
func (h handover) newPassphrase(c *cobra.Command, mayAsk bool) ([]byte, error) {
	if h.passphrase != "" {
		name, ok := strings.CutPrefix(h.passphrase, "env:")
		if !ok {
			return nil, &usageError{errors.New("--passphrase takes env:NAME: a passphrase on the command line is seen by every program on this machine")}
		}
		text := os.Getenv(name)
		if err := os.Unsetenv(name); err != nil || text == "" {
			return nil, &usageError{fmt.Errorf("--passphrase: the environment variable %.100q is not set", name)}
		}
		return []byte(text), nil
	}
	file, ok := terminal(c.InOrStdin())
	ok = ok && mayAsk
	if !ok && h.output == "" {
		return nil, &usageError{errors.New("there is no terminal to ask for a passphrase: -o FILE writes the private key to a file, -o - prints it")}
	}
	if !ok {
		return nil, nil
	}
	return h.askPassphrase(c, file)
}

// passphraseTries is how often a person may get a new passphrase wrong.
const passphraseTries = 3

// askPassphrase asks twice for a passphrase, and again where the two differ. An
// empty one is nil where the private part goes to a file, and none elsewhere.
func (h handover) askPassphrase(c *cobra.Command, file *os.File) ([]byte, error) {
	ask := func(what string) ([]byte, error) {
		fmt.Fprint(c.ErrOrStderr(), "countersign: "+what+": ")
		defer fmt.Fprintln(c.ErrOrStderr())
		text, err := readPassphrase(c.Context(), file)
		if err != nil {
			return nil, fail(fmt.Errorf("asking for the passphrase: %w", err), "")
		}
		return text, nil
	}
	question := "passphrase for the standby key"
	if h.output != "" {
		question += ", empty for none"
	}
	for range passphraseTries {
		first, err := ask(question)
		if err != nil {
			return nil, err
		}
		if len(first) == 0 && h.output != "" {
			return nil, nil
		}
		if len(first) == 0 {
			fmt.Fprintln(c.ErrOrStderr(), "countersign: the passphrase is empty, and what is shown on a terminal is encrypted")
			continue
		}
		again, err := ask("the same again")
		if err != nil {
			return nil, err
		}
		same := bytes.Equal(first, again)
		clear(again)
		if same {
			return first, nil
		}
		clear(first)
		fmt.Fprintln(c.ErrOrStderr(), "countersign: the two passphrases differ")
	}
	return nil, refused(errors.New("no passphrase was given twice alike"), "run it again")
}
