package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/attest"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
)

func keysLostCommand() *cobra.Command {
	var f ringFlags
	c := &cobra.Command{
		Use:   "lost DOMAIN KID",
		Short: "Note that nobody has a key any more, and say what that costs",
		Long: `Note that a key is lost: nobody has its private part, no thief either. What it
signed holds until it ends, and its record stays until then. The command says
what it costs, and how to go on: with the standby at once, else with a new key.

Exit status: 0 noted, 1 there is no such key, 2 the command line is wrong, 3 the
command could not do its work.`,
		Example: `  countersign keys lost acme.example 2026a --dir acme`,
		Args:    cobra.ExactArgs(2),
		RunE:    func(c *cobra.Command, args []string) error { return runKeysLost(c, f, args[0], args[1]) },
	}
	f.add(c)
	f.addSite(c)
	return c
}

func keysStolenCommand() *cobra.Command {
	var f ringFlags
	c := &cobra.Command{
		Use:   "stolen DOMAIN KID",
		Short: "Revoke a key that somebody else may have, in the right order",
		Long: `Note that a key is stolen, and print the order of what to do, with the commands
and records, and what verifiers answer after each step. A stolen key is revoked
by a record with an empty p=, which stays: deleting the record would only retire
it. The private part is moved to the directory retired, so that nothing here
signs with it again.

Exit status: 0 noted, 1 there is no such key, 2 the command line is wrong, 3 the
command could not do its work.`,
		Example: `  countersign keys stolen acme.example 2026a --dir acme`,
		Args:    cobra.ExactArgs(2),
		RunE:    func(c *cobra.Command, args []string) error { return runKeysStolen(c, f, args[0], args[1]) },
	}
	f.add(c)
	f.addSite(c)
	return c
}

func runKeysLost(c *cobra.Command, f ringFlags, domain, kid string) error {
	now := testOnlyNow()
	r, k, err := f.openKey(domain, kid)
	if err != nil {
		return err
	}
	if k.file != "" {
		return refused(fmt.Errorf("not lost: the private part of %s is in %q", kid, k.file),
			"if its passphrase is lost, move the file away first; if somebody else may have it, "+f.line("keys", "stolen", domain, kid, "--dir", f.dirArgument()))
	}
	if k.state == stateStolen {
		return refused(fmt.Errorf("%s is stolen, which is more than lost", kid), f.line("keys", "stolen", domain, kid, "--dir", f.dirArgument())+" prints what to do")
	}
	r.warn(c.ErrOrStderr())
	p := newProcedure(r, k, stateLost)
	wasStandby := k.state == stateStandby
	if err := f.end(r, k, nil, attest.KeyLost, p, now); err != nil {
		return err
	}
	p.cost("nothing is ever signed with %s again: metadata cannot change, and no statement is renewed, until another key signs", kid)
	living := k.living(now)
	if len(living) > 0 {
		p.cost("what it signed holds as long as its record stays: the last statement until %s", clock(lastEnd(living)))
	}
	if wasStandby {
		p.step(keyStep{Do: "make another standby", Commands: []string{f.line("keys", "standby", domain, "--dir", f.dirArgument(), "-o", "FILE")}})
		p.step(keyStep{Do: "retire the lost one, on which nothing rests", Commands: []string{f.line("keys", "retire", domain, kid, "--dir", f.dirArgument())}})
		p.tell(c.OutOrStdout(), f.json)
		return nil
	}
	p.step(keyStep{Do: "leave the record of " + kid + " where it is: nobody else has the key, and verifiers measure other keys by it",
		Seen: []consequence{{"statements by " + kid, "as before, until they end"}}})
	next := r.successor(k, true)
	p.guess(k, next)
	switch {
	case next != nil && !now.Before(overlapped(k, next)):
		p.Successor = next.id
		p.step(r.signStep(&f, next, consequence{"statements by " + next.id, answersSigned}))
	case next != nil:
		p.Successor = next.id
		from := overlapped(k, next)
		p.SignsFrom = &from
		p.step(keyStep{Do: next.id + " has been beside " + kid + " for less than 24 h: wait until " + clock(from),
			Seen: []consequence{{"statements by " + next.id + " before that", answersNewLine}}})
		p.step(r.signStep(&f, next, consequence{"statements by " + next.id, answersSigned}))
	default:
		from := now.Add(limits.KeyOverlap).UTC().Truncate(time.Second)
		p.SignsFrom = &from
		p.cost("there is no standby. A new key that signs at once starts a new line: tier domain for 72 h, and no approval, consent or pin carries over unless an operator confirms it")
		p.cost("a new key that waits 24 h beside the record of %s stays in the line, if a statement still lives so long", kid)
		p.step(keyStep{Do: "make a new key, and publish it beside the lost one", Commands: []string{f.line("keys", "new", domain, "--dir", f.dirArgument())}})
		p.step(keyStep{Do: "wait until verifiers have seen both for 24 h, not before " + clock(from) + "; then sign with it",
			Commands: []string{f.line("publish", "--dir", f.dirArgument(), "--kid", "NEW")},
			Seen:     []consequence{{"statements by the new key before that", answersNewLine}, {"statements by the new key then", answersSigned}}})
	}
	r.standbyStep(&f, p, next)
	p.step(keyStep{Do: "when the last statement by " + kid + " has ended, retire it", Commands: []string{f.line("keys", "retire", domain, kid, "--dir", f.dirArgument())}})
	p.tell(c.OutOrStdout(), f.json)
	return nil
}

func runKeysStolen(c *cobra.Command, f ringFlags, domain, kid string) error {
	now := testOnlyNow()
	r, k, err := f.openKey(domain, kid)
	if err != nil {
		return err
	}
	tree, err := f.openSite(r.publisher)
	if err != nil {
		return err
	}
	if tree != nil {
		defer tree.close()
	}
	r.warn(c.ErrOrStderr())
	p := newProcedure(r, k, stateStolen)
	if err := f.end(r, k, tree, attest.KeyStolen, p, now); err != nil {
		return err
	}
	_, keyType := k.thumbprint()
	empty := newStepRecord(r.publisher, metadata.KeyRecord{KeyID: kid, Type: keyType})
	next := r.successor(k, true)
	answer := answersNewLine
	if next != nil && !now.Before(overlapped(k, next)) {
		answer = answersSigned
	}
	p.guess(k, next)
	p.cost("until its record is empty whoever has the key signs as %s", r.publisher.Domain())
	p.cost("what you signed with %s is refused from then until the upload: prepare both, and do them together", kid)
	if answer == answersNewLine {
		p.cost("no other key was published for 24 h beside it: the next key starts a new line: tier domain for 72 h, and no approval, consent or pin carries over unless an operator confirms it")
	}
	if tree == nil {
		p.step(keyStep{Do: "take key " + kid + " out of the publisher document that is to be uploaded; --dir does it"})
	}
	notYet := consequence{"all statements", answersNothing}
	if next != nil {
		p.Successor = next.id
		p.step(r.signStep(&f, next, notYet))
	} else {
		p.step(keyStep{Do: "make a new key, add its record, and sign with it, here only: upload nothing yet",
			Commands: []string{f.line("keys", "new", domain, "--dir", f.dirArgument()), f.line("publish", "--dir", f.dirArgument(), "--no-doctor")},
			Seen:     []consequence{notYet}})
	}
	p.step(keyStep{Do: "revoke " + kid + ": put this record in the place of its own, and leave it there for good; " + within + ". " + keepTags,
		Delete: r.recordOf(k), Add: empty, Seen: []consequence{
			{"statements by " + kid + ", where the zone is signed or two resolvers agree", answersRevoked},
			{"statements by " + kid + ", elsewhere", answersSuspends},
		}})
	p.step(keyStep{Do: uploadStep(r.publisher, f.dirArgument()) + ": the publisher document without " + kid + " confirms the record",
		Seen: []consequence{{"statements by " + kid, answersRevoked}, {"statements by the key that signs now", answer}}})
	r.standbyStep(&f, p, next)
	p.tell(c.OutOrStdout(), f.json)
	return nil
}

// keepTags is said where a record is to be replaced: no command here looks up
// which tags it has, and without its s=y a revocation is not heard below.
const keepTags = "If its own record has other tags, such as s=y, add them to this one: without s=y it does not revoke the key for hosts below the domain"

// openKey opens the keys of the domain and finds one, also where the machine
// that had them is gone and the tree is all that is left.
func (f *ringFlags) openKey(domain, kid string) (*keyring, *ringKey, error) {
	r, err := f.open(domain)
	if err != nil {
		return nil, nil, err
	}
	tree, err := f.openSite(r.publisher)
	if err != nil {
		return nil, nil, err
	}
	if tree != nil {
		err := r.learn(tree)
		tree.close()
		if err != nil {
			return nil, nil, err
		}
	}
	k, err := r.need(kid)
	return r, k, err
}

// line is a command line that finds the same keys.
func (f *ringFlags) line(words ...string) string {
	return command(append(words, f.keyDirWords()...)...)
}

// signStep says how to sign with another key, which may be kept elsewhere.
func (r *keyring) signStep(f *ringFlags, k *ringKey, seen consequence) keyStep {
	words := []string{"publish", "--dir", f.dirArgument(), "--kid", k.id, "--no-doctor"}
	do := "sign with " + k.id
	if k.file == "" {
		words = append(words, "--key", standbyFile)
		do = "fetch the standby " + k.id + " from where it is kept (" + standbyFile + " stands for the file), and sign with it"
	}
	if seen.Answer == answersNothing {
		do += ", here only: upload nothing yet"
	} else {
		do += ", and " + uploadStep(r.publisher, f.dirArgument())
	}
	if k.file == "" {
		do += ". Copied to " + attest.KeyPath(r.dir, r.publisher, k.id) + " it signs from then on without --key"
	}
	return keyStep{Do: do, Commands: []string{f.line(words...)}, Seen: []consequence{seen}}
}

// standbyFile stands for the private part of a standby key.
const standbyFile = "STANDBY.pem"

// standbyStep says to make a standby where there will be none.
func (r *keyring) standbyStep(f *ringFlags, p *procedure, next *ringKey) {
	for _, k := range r.keys {
		if k != next && k.id != p.KeyID && k.state == stateStandby {
			return
		}
	}
	p.step(keyStep{Do: "make the next standby now: from 24 h on it is worth what this one was",
		Commands: []string{f.line("keys", "standby", r.publisher.Domain(), "--dir", f.dirArgument(), "-o", "FILE")}})
}
