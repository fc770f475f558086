package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/attest"
	"github.com/fc28f635/countersign/metadata"
)

type initFlags struct {
	dir, name, softwareID, path string
	redirectURIs                []string
	keyType, kid, keyDir        string
}

func initCommand() *cobra.Command {
	var f initFlags
	c := &cobra.Command{
		Use:   "init DOMAIN --dir DIR",
		Short: "Make a publisher's key, its client metadata and the DNS record to paste",
		Long: `Make what a publisher needs: an active key in your configuration directory,
DIR/client.json with what your client says of itself, and DIR/site, the tree to
upload. It prints the one DNS record to add. Nothing is looked up, and nothing
that is there already is changed: run it again at any time.

Exit status: 0 done, 2 the command line is wrong, 1 or 3 otherwise.`,
		Example: `  countersign init acme.example --dir acme
  countersign init acme.example --dir acme --name "Acme Agent" --redirect-uri https://acme.example/callback
  countersign init acme.example --dir acme --kid 2026b    # a new key, which signs from then on`,
		GroupID: groupPublisher,
		Args:    cobra.ExactArgs(1),
		RunE:    func(c *cobra.Command, args []string) error { return runInit(c, f, args[0]) },
	}
	flags := c.Flags()
	flags.StringVar(&f.dir, "dir", "", "make client.json and site in `DIR` (required)")
	flags.StringVar(&f.name, "name", "", "the `NAME` that people know the client by (default: DOMAIN)")
	flags.StringArrayVar(&f.redirectURIs, "redirect-uri", nil, "where users come back to, a `URI` (repeatable; default: this computer, on any port)")
	flags.StringVar(&f.softwareID, "software-id", "", "the `ID` of the software, the same for all versions (default: DOMAIN)")
	flags.StringVar(&f.keyType, "key-type", string(metadata.KeyEd25519), "the `TYPE` of a new key: ed25519 or p256")
	flags.StringVar(&f.kid, "kid", "", "the `ID` of the key (default: the year and a letter, such as 2026a)")
	flags.StringVar(&f.path, "path", defaultDocumentPath, "the `PATH` of the metadata document on the site")
	addKeyDir(c, &f.keyDir)
	return c
}

func runInit(c *cobra.Command, f initFlags, domain string) error {
	p, err := parseDomain(domain)
	if err != nil {
		return err
	}
	if f.dir == "" {
		return &usageError{errors.New("--dir DIR says where to make client.json and site")}
	}
	keyType := metadata.KeyType(f.keyType)
	if keyType != metadata.KeyEd25519 && keyType != metadata.KeyP256 {
		return &usageError{fmt.Errorf("--key-type %.100q is neither ed25519 nor p256", f.keyType)}
	}
	client, err := f.client(p)
	if err != nil {
		return err
	}
	out := c.OutOrStdout()
	steps := &steps{}
	kept, err := keepClient(filepath.Join(f.dir, clientFile), p, client)
	if err != nil {
		return err
	}
	tree, err := openSite(f.dir)
	if err != nil {
		return err
	}
	defer tree.close()
	key, path, made, err := f.activeKey(c, p, tree, keyType)
	if err != nil {
		return err
	}
	record, err := key.Record()
	if err != nil {
		return fail(err, "")
	}
	other := ""
	if c.Flags().Changed("key-type") && record.Type != keyType {
		other = ", which is not " + f.keyType + ": --kid with a new ID makes another key"
	}
	steps.add(made, "key %s (%s) in %s%s", key.ID(), record.Type, path, other)
	name := filepath.Join(f.dir, clientFile)
	switch kept {
	case clientAbsent:
		if err := writeClient(name, client); err != nil {
			return err
		}
		steps.add(true, "%s", name)
	case clientDiffers:
		steps.add(false, "%s, which says something else than these arguments: edit it by hand", name)
	case clientSame:
		steps.add(false, "%s", name)
	}
	published, err := tree.publishKey(p, key)
	if err != nil {
		return err
	}
	document, _ := siteName(p.PublisherDocumentURL())
	steps.add(published, "%s", tree.path(document))
	steps.print(out)
	fmt.Fprintf(out, "\nAdd one TXT record\n")
	printIndented(out, "  ", recordForms(attest.DNSRecord{Publisher: p, Key: record}, registrable(p)))
	fmt.Fprintf(out, `
Nothing was looked up: who serves the zone of %[1]s, and whether the record is
there, countersign doctor finds out.

Next
  1. add the record at whoever serves the zone
  2. edit %[2]s: it is what your client says of itself
  3. %[3]s
  4. upload what is in %[4]s to https://%[1]s/
  5. %[5]s
  6. %[6]s
     makes a second key to keep elsewhere: with it you go on at once when this one is lost or stolen
`, p.Domain(), printable(name), printable(command("publish", "--dir", f.dir)), printable(tree.dir),
		printable(command("doctor", p.Domain(), "--dir", f.dir)),
		printable(command("keys", "standby", p.Domain(), "--dir", f.dir, "-o", "standby.pem")))
	return nil
}

// client returns the client metadata that the arguments ask for, judged by the
// rules of metadata documents.
func (f initFlags) client(p metadata.Publisher) (metadata.Client, error) {
	c := metadata.Client{
		ClientID:                p.String() + f.path,
		ClientName:              f.name,
		RedirectURIs:            f.redirectURIs,
		GrantTypes:              []string{metadata.GrantAuthorizationCode, metadata.GrantRefreshToken},
		ResponseTypes:           []string{metadata.ResponseCode},
		TokenEndpointAuthMethod: metadata.AuthNone,
		SoftwareID:              f.softwareID,
	}
	if c.ClientName == "" {
		c.ClientName = p.Domain()
	}
	if len(c.RedirectURIs) == 0 {
		c.RedirectURIs = []string{"http://localhost/callback", "http://127.0.0.1/callback"}
	}
	if c.SoftwareID == "" {
		c.SoftwareID = p.Domain()
	}
	id, err := metadata.ParseClientID(c.ClientID)
	if err == nil {
		_, err = siteName(c.ClientID)
	}
	if err == nil && c.ClientID == p.PublisherDocumentURL() {
		err = errors.New("the publisher document is there")
	}
	if err != nil {
		return c, &usageError{fmt.Errorf("--path %.100q: %w", f.path, err)}
	}
	if err := c.Check(); err != nil {
		return c, &usageError{err}
	}
	data, err := encodeDocument(c)
	if err == nil {
		_, err = metadata.ParseDocument(data, id)
	}
	if err != nil {
		return c, &usageError{err}
	}
	return c, nil
}

// A clientState is what is at the place of client.json.
type clientState uint8

const (
	clientAbsent clientState = iota
	clientSame
	clientDiffers
)

// keepClient looks at a client.json that is there already. One of another
// publisher is an error.
func keepClient(name string, p metadata.Publisher, wanted metadata.Client) (clientState, error) {
	if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
		return clientAbsent, nil
	}
	c, err := readClient(name)
	if err != nil {
		return clientAbsent, err
	}
	if id, err := metadata.ParseClientID(c.ClientID); err != nil || id.Publisher() != p {
		return clientAbsent, otherPublisher(exitRejected, name, c.ClientID, p, "--dir names another directory")
	}
	if sameClient(c, wanted) {
		return clientSame, nil
	}
	return clientDiffers, nil
}

// activeKey returns the key that is to sign: the one that --kid names or the
// one that is there, else a new one.
func (f initFlags) activeKey(c *cobra.Command, p metadata.Publisher, tree *site, t metadata.KeyType) (key attest.Key, path string, made bool, err error) {
	dir, err := keyDir(f.keyDir)
	if err != nil {
		return key, "", false, err
	}
	kept, err := keptKeys(dir, p)
	if err != nil {
		return key, "", false, err
	}
	document, err := tree.publisherDocument(p)
	if err != nil {
		return key, "", false, err
	}
	published := keyIDs(document)
	if f.kid == "" && len(kept) > 0 || slices.Contains(kept, f.kid) {
		keys := keyFlags{kid: f.kid, dir: f.keyDir, project: f.dir}
		key, err = keys.load(p, published, c)
		return key, attest.KeyPath(dir, p, key.ID()), false, err
	}
	ring, err := openKeyring(dir, p)
	if err != nil {
		return key, "", false, err
	}
	used := append(ring.ids(), published...)
	kid := cmp.Or(f.kid, freeKeyID(used))
	if slices.Contains(published, kid) {
		return key, "", false, refused(fmt.Errorf("kid %q is published, and its key is not kept in %q", kid, dir),
			"a kid is never used twice: "+command("init", p.Domain(), "--dir", f.dir, "--kid", freeKeyID(used)))
	}
	if slices.Contains(used, kid) {
		return key, "", false, refused(fmt.Errorf("%s had a key %q before", p.Domain(), kid), "a kid is never used twice: "+freeKeyID(used)+" is free")
	}
	if err := checkKeyPlace(dir, tree.dir, f.keyDir != ""); err != nil {
		return key, "", false, err
	}
	key, err = attest.Generate(kid, t)
	if err != nil {
		return key, "", false, &usageError{fmt.Errorf("--kid: %w", err)}
	}
	path = attest.KeyPath(dir, p, kid)
	if err := key.Save(path, nil); err != nil {
		return key, "", false, fail(err, "--key-dir names another directory for keys")
	}
	now := testOnlyNow()
	if err := ring.journal.Append(
		attest.Event{At: now, Kind: attest.KeyMade, KeyID: kid, Thumbprint: key.Thumbprint()},
		attest.Event{At: now, Kind: attest.KeyAnnounced, KeyID: kid, Thumbprint: key.Thumbprint()},
	); err != nil {
		return key, "", false, fail(err, "--key-dir names another directory for keys")
	}
	return key, path, true, nil
}

// writeClient writes client.json, which is not there yet.
func writeClient(name string, client metadata.Client) error {
	data, err := encodeDocument(client)
	if err != nil {
		return fail(err, "")
	}
	if err := writeWhole(name, data); err != nil {
		return fail(fmt.Errorf("writing client metadata: %w", err), "")
	}
	return nil
}

// steps are what a command made and kept, in order.
type steps struct {
	lines   []string
	changed bool
}

func (s *steps) add(changed bool, format string, args ...any) {
	verb := "kept   "
	if changed {
		verb, s.changed = "made   ", true
	}
	s.lines = append(s.lines, verb+fmt.Sprintf(format, args...))
}

func (s *steps) print(w io.Writer) {
	for _, line := range s.lines {
		fmt.Fprintln(w, printable(line))
	}
	if !s.changed {
		fmt.Fprintln(w, "Nothing changed.")
	}
}

// recordForms returns a key record in the three forms that people are asked for,
// the web form being the one for zone.
func recordForms(r attest.DNSRecord, zone string) string {
	return fmt.Sprintf("name in a web form  %s    (in the form for %s)\nfull name           %s\ntext                %s\nzone file line      %s",
		r.FormName(zone), zone, r.FullName(), r.Text(), r.ZoneLine())
}
