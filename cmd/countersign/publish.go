package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/attest"
	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/strictjson"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
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

// publish writes the publisher document and the metadata document with its
// statement into the tree.
func (r release) publish(ctx context.Context, tree *site, id metadata.ClientID, f publishFlags, out io.Writer) error {
	name, err := siteName(id.String())
	if err == nil && id.String() == r.publisher.PublisherDocumentURL() {
		err = errors.New("client_id: the publisher document is there")
	}
	if err != nil {
		return refused(err, "client_id is the https URL that the document will be at, such as "+r.publisher.String()+defaultDocumentPath)
	}
	if err := r.checkLive(); err != nil {
		return err
	}
	now := time.Now()
	statement, until := "", now
	if !f.force {
		if statement, until, err = r.current(ctx, tree, name, id, now); err != nil {
			return err
		}
	}
	kept := statement != ""
	if !kept && !f.breakInstalled {
		if err := r.checkInstalled(tree, name, id); err != nil {
			return err
		}
	}
	if !kept {
		if statement, err = r.sign(ctx, now); err != nil {
			return err
		}
		until = now.Add(r.lifetime)
	}
	document, err := r.document(ctx, id, statement)
	if err != nil {
		return err
	}
	steps := &steps{}
	published, err := tree.publishKey(r.publisher, r.key)
	if err != nil {
		return err
	}
	written, err := tree.write(name, document)
	if err != nil {
		return err
	}
	keys, _ := siteName(r.publisher.PublisherDocumentURL())
	steps.add(!kept, "statement signed with %s, holds until %s", r.key.ID(), until.UTC().Format(time.DateOnly))
	steps.add(written, "%s, %d of %d bytes", tree.path(name), len(document), limits.DocumentBytes)
	steps.add(published, "%s", tree.path(keys))
	steps.print(out)
	return nil
}

// current returns the statement that the tree has, if it can be kept: of the
// same metadata, by the same key, and for more than 30 days to come.
func (r release) current(ctx context.Context, tree *site, name string, id metadata.ClientID, now time.Time) (statement string, until time.Time, err error) {
	data, ok, err := tree.read(name)
	if err != nil || !ok {
		return "", until, err
	}
	document, err := metadata.ParseDocument(data, id)
	if err != nil {
		return "", until, nil // whatever it is, it is written anew
	}
	if r.edited(document.Client) {
		return "", until, refused(fmt.Errorf("%q was edited: it says something else than the statement in it, and %s is what is published", tree.path(name), clientFile),
			"make the same change in "+clientFile+"; --force gives it up")
	}
	if document.Client.SoftwareStatement == "" {
		return "", until, nil
	}
	v, err := judge(ctx, r.publisher, r.key.JWK(), verify.Presentation{Statement: document.Client.SoftwareStatement, At: now}, nil)
	if err != nil {
		return "", until, fail(err, "")
	}
	stated, ok := v.Statement()
	until = time.Unix(stated.ExpiresAt, 0)
	if !ok || !sameClient(stated.Client, r.client) || until.Sub(now) <= limits.ExpiresSoon {
		return "", until, nil
	}
	return document.Client.SoftwareStatement, until, nil
}

// edited reports whether a document in the tree is neither what publish wrote,
// which is what the statement in it says, nor what is to be published.
func (r release) edited(document metadata.Client) bool {
	if sameClient(document, r.client) {
		return false
	}
	compact, err := jose.Parse(document.SoftwareStatement)
	if err != nil {
		return true
	}
	stated, err := metadata.ParseStatement(compact.Payload)
	return err != nil || !sameClient(document, stated.Client)
}

// document returns the metadata document with the statement in it, judged as a
// verifier would that fetched it.
func (r release) document(ctx context.Context, id metadata.ClientID, statement string) ([]byte, error) {
	client := r.client.Clone()
	client.SoftwareStatement = statement
	data, err := encodeDocument(client)
	if err != nil {
		return nil, fail(err, "")
	}
	if len(data) > limits.DocumentBytes { // perhaps it is only the white space
		if data, err = strictjson.Encode(client, false); err != nil {
			return nil, fail(err, "")
		}
	}
	if len(data) > limits.DocumentBytes {
		return nil, refused(fmt.Errorf("the metadata document would have %d bytes, and servers read %d", len(data), limits.DocumentBytes),
			"each member counts twice, plain and signed; the largest: "+largest(client))
	}
	v, err := judge(ctx, r.publisher, r.key.JWK(), verify.Presentation{ClientID: id.String()}, map[string][]byte{id.String(): data})
	if err != nil {
		return nil, fail(err, "")
	}
	return data, rejected(v)
}
