package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

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
		f.keyDir = filepath.Join(f.dir, keysDir)
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
	if kept == clientDiffers && !saysOfClient(c) {
		kept = clientSame // as it was made, or edited since
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
