package main

import (
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/metadata"
)

// testOnlyNow is the clock of the commands, which tests set.
var testOnlyNow = time.Now

func keysCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "keys",
		Short: "Make, rotate, retire and revoke a publisher's keys",
		Long: `Make, rotate, retire and revoke a publisher's keys. None of these commands looks
anything up or changes a zone: they keep the keys and their journal, write
DIR/site, and print the records and what verifiers then see.

For operators, and with nothing to do with a publisher's keys: keys api has the
keys of those who ask a service, and keys rotate replaces the key with which it
countersigns.

A verifier that remembers trusts a new key where it saw it published for 24 h
beside an older one: the keys form a line. A key without such overlap starts a
new line, at tier domain for 72 h, to which no approval carries over.`,
		Example: `  countersign keys list acme.example
  countersign keys standby acme.example --dir acme -o /media/stick/acme.pem
  countersign keys stolen acme.example 2026a --dir acme
  countersign keys rotate --data /var/lib/countersign`,
		GroupID: groupPublisher,
	}
	return group(c, keysListCommand(), keysNewCommand(), keysStandbyCommand(), keysRetireCommand(), keysLostCommand(), keysStolenCommand(),
		keysAPICommand(), keysRotateCommand())
}

// ringFlags say whose keys are meant, and where they are.
type ringFlags struct {
	dir, keyDir string
	json        bool
}

func (f *ringFlags) add(c *cobra.Command) {
	addKeyDir(c, &f.keyDir)
	c.Flags().BoolVar(&f.json, "json", false, "print as JSON")
}

func (f *ringFlags) addSite(c *cobra.Command) {
	c.Flags().StringVar(&f.dir, "dir", "", "write the publisher document in `DIR`/site, too")
}

// open reads the keys of the domain.
func (f *ringFlags) open(domain string) (*keyring, error) {
	p, err := parseDomain(domain)
	if err != nil {
		return nil, err
	}
	dir, err := keyDir(f.keyDir)
	if err != nil {
		return nil, err
	}
	return openKeyring(dir, p)
}

// openSite opens DIR/site where --dir is given, and nil where it is not.
func (f *ringFlags) openSite(p metadata.Publisher) (*site, error) {
	if f.dir == "" {
		return nil, nil
	}
	_, id, err := readProject(f.dir)
	if err != nil {
		return nil, err
	}
	if id.Publisher() != p {
		return nil, otherPublisher(exitRejected, filepath.Join(f.dir, clientFile), id.String(), p, "--dir names another directory")
	}
	return openSite(f.dir)
}

// dirArgument is what a printed command line has after --dir.
func (f *ringFlags) dirArgument() string {
	if f.dir == "" {
		return "DIR"
	}
	return f.dir
}

// keyDirWords are what a printed command line needs in order to find the keys.
func (f *ringFlags) keyDirWords() []string {
	if f.keyDir == "" {
		return nil
	}
	return []string{"--key-dir", f.keyDir}
}
