package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/attest"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

func keysRetireCommand() *cobra.Command {
	var f ringFlags
	var force bool
	c := &cobra.Command{
		Use:   "retire DOMAIN KID",
		Short: "End a key that nothing rests on any more",
		Long: `Retire a key: refused while a statement that it signed lives, and before its
successor was announced for 24 h beside it. The private part is moved to the
directory retired, not deleted. Deleting a record retires its key; only an empty
p= revokes it, which is for a stolen one: countersign keys stolen.

Exit status: 0 retired, 1 something rests on the key, 2 the command line is
wrong, 3 the command could not do its work.`,
		Example: `  countersign keys retire acme.example 2026a --dir acme
  countersign keys retire acme.example 2026a --dir acme --force`,
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error { return runKeysRetire(c, f, force, args[0], args[1]) },
	}
	f.add(c)
	f.addSite(c)
	c.Flags().BoolVar(&force, "force", false, "retire it all the same; what that costs is printed")
	return c
}

func runKeysRetire(c *cobra.Command, f ringFlags, force bool, domain, kid string) error {
	now := testOnlyNow()
	r, err := f.open(domain)
	if err != nil {
		return err
	}
	k, err := r.need(kid)
	if err != nil {
		return err
	}
	if k.state == stateStolen {
		return refused(fmt.Errorf("%s is stolen: its empty record stays, since deleting it would revoke nothing", kid), f.line("keys", "stolen", domain, kid, "--dir", f.dirArgument())+" prints what to do")
	}
	tree, err := f.openSite(r.publisher)
	if err != nil {
		return err
	}
	if tree != nil {
		defer tree.close()
	}
	r.warn(c.ErrOrStderr())
	rests, err := r.restsOn(c, k, tree, now)
	if err != nil {
		return err
	}
	if len(rests) > 0 && !force && k.state != stateRetired {
		texts := make([]string, len(rests))
		for i, why := range rests {
			texts[i] = why.what
		}
		return refused(fmt.Errorf("not retired: %s", strings.Join(texts, "; ")), rests[0].mend+". --force retires it all the same")
	}
	p := newProcedure(r, k, stateRetired)
	if next := r.successor(k, false); next != nil {
		p.Successor = next.id
	}
	for _, why := range rests {
		p.cost("%s: %s", why.what, why.cost)
	}
	if err := f.end(r, k, tree, attest.KeyRetired, p, now); err != nil {
		return err
	}
	if tree == nil {
		p.step(keyStep{Do: "take key " + kid + " out of the publisher document"})
	} else {
		p.step(keyStep{Do: uploadStep(r.publisher, f.dir)})
	}
	p.step(keyStep{Do: "delete its record. Deleting retires a key; only an empty p= revokes one, and that is not meant here", Delete: r.recordOf(k),
		Seen: []consequence{{"statements by " + kid, answersUnknown}, {"all others", "as before"}}})
	p.tell(c.OutOrStdout(), f.json)
	return nil
}

// end journals the end of a key, takes it out of the tree, and puts its files
// where nothing signs with them. It can be repeated.
func (f *ringFlags) end(r *keyring, k *ringKey, tree *site, kind attest.EventKind, p *procedure, now time.Time) error {
	if k.state != keyState(kind) {
		if err := r.journal.Append(attest.Event{At: now, Kind: kind, KeyID: k.id, Thumbprint: p.Thumbprint}); err != nil {
			return fail(err, "")
		}
		p.done("noted  %s is %s, in %s", k.id, kind, r.journal.Path())
	}
	if tree != nil {
		changed, err := tree.unlistKey(r.publisher, k.id)
		if err != nil {
			return err
		}
		if changed {
			p.done("made   %s, without %s", tree.keysPath(r.publisher), k.id)
		}
	}
	private, err := r.putAside(k)
	if err != nil {
		return err
	}
	if private != "" {
		p.done("moved  its private part to %s: it is not deleted", private)
	}
	return nil
}

// recordOf returns the record of a key, nil where its public part is not known.
func (r *keyring) recordOf(k *ringKey) *stepRecord {
	record, ok := k.record()
	if !ok {
		return nil
	}
	return newStepRecord(r.publisher, record)
}

// A reason to keep a key: what rests on it, what ending it would cost, and what
// to do first.
type reliance struct{ what, cost, mend string }

// restsOn returns what rests on a key.
func (r *keyring) restsOn(c *cobra.Command, k *ringKey, tree *site, now time.Time) ([]reliance, error) {
	var list []reliance
	unused := k.state == stateStandby || k.state == stateNew
	next := r.successor(k, false)
	switch {
	case next == nil:
		list = append(list, reliance{"no other key is there to go on with", "a key made after it starts a new line, at tier domain for 72 h",
			command("keys", "new", r.publisher.Domain()) + " makes one, which may sign after 24 h"})
	case unused:
	case now.Before(overlapped(k, next)):
		until := overlapped(k, next)
		list = append(list, reliance{fmt.Sprintf("its successor %s was announced less than 24 h ago", next.id),
			"verifiers that did not see both for 24 h take " + next.id + " for a new line: tier domain for 72 h, and no approval carries over",
			"wait until " + clock(until) + ", with both records in the zone"})
	}
	if living := k.living(now); len(living) > 0 {
		last := lastEnd(living)
		list = append(list, reliance{
			fmt.Sprintf("it signed %d statements that live, the last until %s: %s", len(living), clock(last), nameOf(living[len(living)-1])),
			"verifiers refuse them, with key_unknown, from the time at which the record is gone",
			"sign with another key, keep this record until " + clock(last) + ", and retire it then: it costs nothing"})
	}
	published, err := r.publishedBy(c, k, tree, now)
	if err != nil {
		return nil, err
	}
	if published != "" {
		list = append(list, reliance{published, "verifiers refuse it, with key_unknown", "sign with another key: countersign publish --kid"})
	}
	if !k.inJournal && !unused {
		list = append(list, reliance{"what it signed before there was a journal is not known",
			"verifiers refuse what may live of it, with key_unknown", "wait until " + clock(k.made.Add(limits.StatementLifetime)) + ", or be sure of all statements that it signed"})
	}
	if len(r.damaged) > 0 {
		list = append(list, reliance{fmt.Sprintf("line %d of the journal cannot be read, and may be of a statement that it signed", r.damaged[0]),
			"verifiers refuse what may live of it, with key_unknown", fmt.Sprintf("mend the line in %q, or take it out if the command that wrote it gave no statement", r.journal.Path())})
	}
	return list, nil
}

// publishedBy says that the statement in the tree is signed by the key and in no
// journal, empty where that is not so.
func (r *keyring) publishedBy(c *cobra.Command, k *ringKey, tree *site, now time.Time) (string, error) {
	if tree == nil || k.public == nil {
		return "", nil
	}
	_, id, err := readProject(filepath.Dir(tree.dir))
	if err != nil {
		return "", err
	}
	name, err := siteName(id.String())
	if err != nil {
		return "", refused(err, "")
	}
	data, ok, err := tree.read(name)
	if err != nil || !ok {
		return "", err
	}
	document, err := metadata.ParseDocument(data, id)
	if err != nil || document.Client.SoftwareStatement == "" {
		return "", nil
	}
	v, err := judge(c.Context(), r.publisher, k.public, verify.Presentation{Statement: document.Client.SoftwareStatement, At: now}, nil)
	if err != nil {
		return "", fail(err, "")
	}
	if v.Outcome != verify.Verified {
		return "", nil
	}
	for _, e := range k.signed {
		if e.Digest == v.Digest {
			return "", nil // and so among the living
		}
	}
	return fmt.Sprintf("it signed the statement in %s", tree.path(name)), nil
}
