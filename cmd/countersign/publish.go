package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/attest"
)

type publishFlags struct {
	lookup              lookupFlags
	key                 keyFlags
	dir, expires, print string
	to                  string
	force, noDoctor     bool
	breakInstalled      bool
	softwareVersion     bool
}

func publishCommand() *cobra.Command {
	var f publishFlags
	c := &cobra.Command{
		Use:   "publish --dir DIR [--to dir|pages|s3]",
		Short: "Sign, write the tree to upload, and see what a verifier sees",
		Long: `Sign DIR/client.json, write the metadata document with the statement in it and
the publisher document to DIR/site, say how to upload it, and run countersign
doctor. A statement of unchanged metadata that holds for more than 30 days is
kept. So that a release needs no new signature, software_version is left out.

A change that would break installed copies is refused: a redirect URI, a grant
type or a scope that is no longer there, another client_id, software_id or
authentication method.

Exit status: 0 the tree is written, whatever doctor then finds, since the tree
is not uploaded yet; 1 the metadata would be refused, 2 the command line is
wrong, 3 the command could not do its work.`,
		Example: `  countersign publish --dir acme
  countersign publish --dir acme --to s3
  countersign publish --dir acme --print zone --no-doctor >>acme.zone`,
		GroupID: groupPublisher,
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return runPublish(c, f) },
	}
	flags := c.Flags()
	flags.StringVar(&f.dir, "dir", "", "publish client.json in `DIR` (required)")
	flags.StringVar(&f.expires, "expires", "90d", "how long a new statement holds, a `TIME` such as 90d")
	flags.StringVar(&f.print, "print", "", "print nothing but `zone`, the line for a zone file, on standard output")
	flags.StringVar(&f.to, "to", "", "say how to upload to `HOST`: dir, pages or s3 (default: what init was told)")
	flags.BoolVar(&f.breakInstalled, "break-installed", false, "publish also what would break installed copies")
	flags.BoolVar(&f.softwareVersion, "software-version", false, "sign software_version, too")
	flags.BoolVar(&f.force, "force", false, "sign again although nothing changed, and give up edits in the tree")
	flags.BoolVar(&f.noDoctor, "no-doctor", false, "do not look at what is published already")
	f.key.add(c)
	f.lookup.add(c)
	return c
}

func runPublish(c *cobra.Command, f publishFlags) error {
	if f.dir == "" {
		return &usageError{errors.New("--dir DIR says where client.json is; countersign init makes it")}
	}
	if f.print != "" && f.print != "zone" {
		return &usageError{fmt.Errorf("--print %.100q: zone is all that can be printed", f.print)}
	}
	lifetime, err := parseLifetime(f.expires)
	if err != nil {
		return err
	}
	if _, err := f.lookup.config(); err != nil {
		return err
	}
	to, err := f.hosting()
	if err != nil {
		return err
	}
	client, id, err := readProject(f.dir)
	if err != nil {
		return err
	}
	versioned := client.SoftwareVersion != "" && !f.softwareVersion
	if versioned {
		client.SoftwareVersion = ""
	}
	if err := checkNoKey(filepath.Join(f.dir, clientFile), client); err != nil {
		return err
	}
	if err := f.keysElsewhere(); err != nil {
		return err
	}
	p := id.Publisher()
	preferred, err := activeKeys(f.dir, p)
	if err != nil {
		return err
	}
	f.key.project = f.dir
	key, err := f.key.load(p, preferred, c)
	if err != nil {
		return err
	}
	record, err := key.Record()
	if err != nil {
		return fail(err, "")
	}
	out := c.OutOrStdout()
	if f.print == "zone" {
		out = c.ErrOrStderr()
	}
	tree, err := openSite(f.dir)
	if err != nil {
		return err
	}
	defer tree.close()
	r := release{publisher: p, client: client, key: key, lifetime: lifetime, journal: f.key.journal(p)}
	if err := r.publish(c.Context(), tree, id, f, out); err != nil {
		return err
	}
	if versioned {
		fmt.Fprintln(out, "Left out software_version, so that a release needs no new signature: --software-version signs it.")
	}
	warnLifetime(c.ErrOrStderr(), lifetime)
	warnEarly(c, f.key, p, key.ID())
	if f.print == "zone" {
		fmt.Fprintln(c.OutOrStdout(), attest.DNSRecord{Publisher: p, Key: record}.ZoneLine())
	}
	document, _ := siteName(id.String())
	fmt.Fprintf(out, "\n%s\n", printable(to.upload(p, tree, document)))
	if f.noDoctor {
		return nil
	}
	fmt.Fprintf(out, "\nAs published now:\n")
	seen, err := f.lookup.examine(c.Context(), p, target{dir: f.dir, id: id})
	if err != nil {
		fmt.Fprintf(out, "countersign doctor could not look: %s\n", printable(err.Error()))
		return nil
	}
	seen.print(out)
	return nil
}

// hosting is where the files are hosted: as --to says, else as init was told.
func (f publishFlags) hosting() (hosting, error) {
	if f.to == "" {
		return hostingOf(f.dir)
	}
	h, err := parseHosting(f.to)
	if err != nil || h == hostingNone {
		return h, &usageError{fmt.Errorf("--to %.100q is none of dir, pages and s3", f.to)}
	}
	return h, nil
}

// keysElsewhere refuses keys in the tree that is uploaded.
func (f publishFlags) keysElsewhere() error {
	for _, place := range []string{f.key.dir, f.key.source} {
		if place == "" || strings.HasPrefix(place, "env:") {
			continue
		}
		if err := notUploadedWith(place, filepath.Join(f.dir, siteDir)); err != nil {
			return err
		}
	}
	return nil
}
