package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/attest"
	"github.com/fc28f635/countersign/metadata"
)

type initFlags struct {
	lookup                      lookupFlags
	dir, name, softwareID, path string
	redirectURIs                []string
	keyType, kid, keyDir        string
	host, terraform             string
	standby                     handover
	noStandby, keyHere          bool
	offline, yes                bool
}

func initCommand() *cobra.Command {
	var f initFlags
	c := &cobra.Command{
		Use:   "init DOMAIN --dir DIR",
		Short: "Make a publisher's keys, its client metadata and the DNS records to paste",
		Long: `Make what a publisher needs: an active key in your configuration directory, a
standby key to keep elsewhere, DIR/client.json with what your client says of
itself, and DIR/site, the tree to upload. It prints the DNS records to add, and
says who serves the zone. Nothing that is there already is changed: run it again
at any time.

At a terminal it asks for the name, where users come back to, and where files
are hosted, unless flags say it or --yes takes the defaults; and for a passphrase
of the standby key, which is then shown once. Where there is no terminal,
--standby FILE writes it, and without that none is made.

It asks name servers who serves the zone, and the site whether it redirects to
or from www. It never asks for the key record. --offline asks nobody.

Exit status: 0 done, 2 the command line is wrong, 1 or 3 otherwise.`,
		Example: `  countersign init acme.example --dir acme
  countersign init acme.example --dir acme --name "Acme Agent" --redirect-uri https://acme.example/callback --standby /media/stick/acme.pem
  countersign init acme.example --dir acme --terraform cloudflare
  countersign init acme.example --dir acme --kid 2026b    # a new key, which signs from then on`,
		GroupID: groupPublisher,
		Args:    cobra.ExactArgs(1),
		RunE:    func(c *cobra.Command, args []string) error { return runInit(c, f, args[0]) },
	}
	flags := c.Flags()
	flags.StringVar(&f.dir, "dir", "", "make client.json and site in `DIR` (required)")
	flags.StringVar(&f.name, "name", "", "the `NAME` that people know the client by (default: DOMAIN)")
	flags.StringArrayVar(&f.redirectURIs, "redirect-uri", nil, "where users come back to, a `URI` (repeatable; default: this computer, on any port)")
	flags.StringVar(&f.host, "host", "", "where files are hosted, `HOST`: pages, s3, dir, or none for nowhere yet; publish then says how to upload")
	flags.StringVar(&f.softwareID, "software-id", "", "the `ID` of the software, the same for all versions (default: DOMAIN)")
	flags.StringVar(&f.keyType, "key-type", string(metadata.KeyEd25519), "the `TYPE` of a new key: ed25519 or p256")
	flags.StringVar(&f.kid, "kid", "", "the `ID` of the key (default: the year and a letter, such as 2026a)")
	flags.StringVar(&f.path, "path", defaultDocumentPath, "the `PATH` of the metadata document on the site")
	flags.StringVar(&f.standby.output, "standby", "", "make a standby key, and write its private part to the new `FILE`; - prints it")
	f.standby.addPassphrase(c)
	flags.BoolVar(&f.noStandby, "no-standby", false, "make no standby key")
	addKeyDir(c, &f.keyDir)
	flags.BoolVar(&f.keyHere, "key-here", false, "keep keys in DIR/keys, or in --key-dir, also in a git work tree, and hide them from git")
	flags.StringVar(&f.terraform, "terraform", "", "print the records for Terraform, too; `DNS` is route53 or cloudflare")
	flags.BoolVar(&f.offline, "offline", false, "look nothing up")
	flags.BoolVar(&f.yes, "yes", false, "ask nothing")
	f.lookup.add(c)
	return c
}

// longestName is the longest name in DNS, in characters (RFC 1035, Section 3.1:
// 255 octets on the wire).
const longestName = 253

// check refuses flags that are wrong by themselves.
func (f *initFlags) check() error {
	if f.dir == "" {
		return &usageError{errors.New("--dir DIR says where to make client.json and site")}
	}
	if t := metadata.KeyType(f.keyType); t != metadata.KeyEd25519 && t != metadata.KeyP256 {
		return &usageError{fmt.Errorf("--key-type %.100q is neither ed25519 nor p256", f.keyType)}
	}
	if f.host != "" {
		if _, err := parseHosting(f.host); err != nil {
			return &usageError{fmt.Errorf("--host: %w", err)}
		}
	}
	if f.terraform != "" && f.terraform != terraformRoute53 && f.terraform != terraformCloudflare {
		return &usageError{fmt.Errorf("--terraform %.100q is neither route53 nor cloudflare", f.terraform)}
	}
	if f.noStandby && f.standby != (handover{}) {
		return &usageError{errors.New("--no-standby makes none: --standby and --passphrase are for one that is made")}
	}
	if f.keyHere && f.keyDir == "" {
		f.keyDir = filepath.Join(f.dir, "keys")
	}
	_, err := f.lookup.config()
	return err
}

func runInit(c *cobra.Command, f initFlags, domain string) error {
	p, err := parseDomain(domain)
	if err != nil {
		return err
	}
	if err := f.check(); err != nil {
		return err
	}
	asks := f.asks(c)
	around := surroundings{skipped: "nothing was looked up, since --offline says so"}
	if !f.offline {
		if around, err = f.lookup.lookAround(c.Context(), p); err != nil {
			return err
		}
	}
	if p, around, err = f.settleWWW(c, p, around, asks); err != nil {
		return err
	}
	if name := p.KeyRecordName(); len(name) > longestName {
		return refused(fmt.Errorf("no record can be added for %.100q: its name would have %d characters, and DNS takes %d", p.Domain(), len(name), longestName), "a shorter domain")
	}
	if asks {
		if err := f.ask(c, p); err != nil {
			return err
		}
	}
	client, err := f.client(p)
	if err != nil {
		return err
	}
	kept, err := keepClient(filepath.Join(f.dir, clientFile), p, client)
	if err != nil {
		return err
	}
	keys, err := f.openKeys(c, p, asks)
	if err != nil {
		return err
	}
	defer clear(keys.passphrase)
	out := c.OutOrStdout()
	if keys.standby && f.standby.printed() {
		out = c.ErrOrStderr()
	}
	steps := &steps{}
	records, err := f.build(c, keys, client, kept, steps)
	if err != nil {
		return err
	}
	steps.print(out)
	f.tell(out, p, around, keys, records)
	return nil
}

// build makes what is not there: from here on nothing is asked and nothing looked
// up. It returns the records to add.
func (f *initFlags) build(c *cobra.Command, keys *initKeys, client metadata.Client, kept clientState, steps *steps) ([]attest.DNSRecord, error) {
	p := keys.ring.publisher
	tree, err := openSite(f.dir)
	if err != nil {
		return nil, err
	}
	defer tree.close()
	if f.keyHere {
		if err := notUploadedWith(keys.ring.dir, tree.dir); err != nil {
			return nil, err
		}
		hidden, err := hideFromGit(keys.ring.dir)
		if err != nil {
			return nil, err
		}
		steps.add(hidden, "%s, which hides the keys from git", filepath.Join(keys.ring.dir, ".gitignore"))
	}
	active, path, made, err := keys.active(c, tree, metadata.KeyType(f.keyType))
	if err != nil {
		return nil, err
	}
	record, err := active.Record()
	if err != nil {
		return nil, fail(err, "")
	}
	other := ""
	if c.Flags().Changed("key-type") && record.Type != metadata.KeyType(f.keyType) {
		other = ", which is not " + f.keyType + ": --kid with a new ID makes another key"
	}
	steps.add(made, "key %s (%s) in %s%s", active.ID(), record.Type, path, other)
	records := []attest.DNSRecord{{Publisher: p, Key: record}}
	if err := f.writeClient(client, kept, steps); err != nil {
		return nil, err
	}
	published, err := tree.publishKey(p, active)
	if err != nil {
		return nil, err
	}
	second, ok, err := f.standbyRecord(c, keys, tree, active, steps)
	if err != nil {
		return nil, err
	}
	if ok {
		records = append(records, attest.DNSRecord{Publisher: p, Key: second})
	}
	document, _ := siteName(p.PublisherDocumentURL())
	steps.add(published, "%s", tree.path(document))
	plain, err := tree.write(noJekyll, nil)
	if err != nil {
		return nil, err
	}
	steps.add(plain, "%s, without which GitHub Pages leaves %s out", tree.path(noJekyll), ".well-known")
	if f.host != "" {
		noted, err := hosting(f.host).note(f.dir)
		if err != nil {
			return nil, err
		}
		steps.add(noted, "%s", filepath.Join(f.dir, hostingFile))
	}
	return records, nil
}

// standbyRecord makes the standby key where one is to be made, and returns the
// record of the one that there then is.
func (f *initFlags) standbyRecord(c *cobra.Command, keys *initKeys, tree *site, active attest.Key, steps *steps) (record metadata.KeyRecord, ok bool, err error) {
	if keys.standby {
		key, err := keys.makeStandby(c, tree, active.ID(), metadata.KeyType(f.keyType))
		if err != nil {
			return record, false, err
		}
		place := "shown above, and nowhere else"
		if !f.standby.printed() {
			place = "in " + f.standby.output + ", and nowhere else"
		}
		steps.add(true, "standby key %s (%s), its private part %s", key.ID(), f.keyType, place)
		if record, err = key.Record(); err != nil {
			return record, false, fail(err, "")
		}
		return record, true, nil
	}
	k := keys.ring.standby()
	if k == nil {
		return record, false, nil
	}
	steps.add(false, "standby key %s, its private part elsewhere", k.id)
	record, ok = k.record()
	return record, ok, nil
}

// tell prints the records and what to do next.
func (f *initFlags) tell(out io.Writer, p metadata.Publisher, around surroundings, keys *initKeys, records []attest.DNSRecord) {
	zone := around.formZone(p)
	title := "Add one TXT record"
	if len(records) > 1 {
		title = "Add two TXT records, of the active and of the standby key"
	}
	fmt.Fprintf(out, "\n%s\n", title)
	for i, r := range records {
		if i > 0 {
			fmt.Fprintln(out)
		}
		printIndented(out, "  ", recordForms(r, zone))
	}
	fmt.Fprintf(out, "\nAny form that takes DKIM takes them. Records are added, never edited.\n%s\n", printable(around.served(p)))
	if f.terraform != "" {
		fmt.Fprintf(out, "\n# Terraform\n%s", terraform(f.terraform, zone, records))
	}
	keyDirWords := (&ringFlags{keyDir: f.keyDir}).keyDirWords()
	var next []string
	if keys.standby {
		next = append(next, "the standby key: "+keepElsewhere)
	}
	next = append(next,
		"add the records at whoever serves the zone, beside whatever is there",
		"edit "+filepath.Join(f.dir, clientFile)+": it is what your client says of itself",
		command(append([]string{"publish", "--dir", f.dir}, keyDirWords...)...),
		"upload what is in "+filepath.Join(f.dir, siteDir)+" to https://"+p.Domain()+"/, as publish says",
		command("doctor", p.Domain(), "--dir", f.dir))
	if len(records) == 1 {
		next = append(next, command(append([]string{"keys", "standby", p.Domain(), "--dir", f.dir, "-o", "FILE"}, keyDirWords...)...)+
			"\nmakes a second key to keep elsewhere: with it you go on at once when this one is lost or stolen")
	}
	fmt.Fprintln(out, "\nNext")
	for i, line := range next {
		fmt.Fprintf(out, "  %d. %s\n", i+1, strings.ReplaceAll(printable(line), "\n", "\n     "))
	}
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
