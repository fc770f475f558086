package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/attest"
	"github.com/fc28f635/countersign/metadata"
)

// keyFlags say which key signs.
type keyFlags struct {
	source string // --key
	kid    string
	dir    string // --key-dir

	project string // --dir, for mends
}

func (f *keyFlags) add(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.source, "key", "", "sign with the key in `FILE|env:NAME`; the variable is read once and removed")
	flags.StringVar(&f.kid, "kid", "", "the `ID` of the key (default: the name of its file)")
	addKeyDir(c, &f.dir)
}

func addKeyDir(c *cobra.Command, dir *string) {
	c.Flags().StringVar(dir, "key-dir", "", "keep keys below `DIR` (default: countersign in your configuration directory)")
}

// load returns the key that signs for p: the one that the flags name, else the
// first of preferred that is kept, else the only one that is kept.
func (f *keyFlags) load(p metadata.Publisher, preferred []string, c *cobra.Command) (attest.Key, error) {
	var key attest.Key
	var err error
	name, fromEnv := strings.CutPrefix(f.source, "env:")
	ask := passphrasePrompt(c)
	switch {
	case strings.ContainsAny(f.source, "\r\n") || strings.Contains(f.source, "PRIVATE KEY"):
		return key, &usageError{errors.New("--key takes the name of a file, or env:NAME: a key on the command line is seen by every program on this machine")}
	case fromEnv && f.kid == "":
		return key, &usageError{errors.New("--key env:NAME needs --kid")}
	case fromEnv:
		key, err = attest.FromEnv(name, f.kid, ask)
	case f.source != "":
		key, err = attest.Load(f.source, f.kid, ask)
	default:
		return f.loadKept(p, preferred, ask)
	}
	return key, f.failure(err)
}

func (f *keyFlags) loadKept(p metadata.Publisher, preferred []string, ask attest.Passphrase) (attest.Key, error) {
	dir, err := keyDir(f.dir)
	if err != nil {
		return attest.Key{}, err
	}
	kid := f.kid
	if kid == "" {
		kept, err := keptKeys(dir, p)
		if err != nil {
			return attest.Key{}, err
		}
		i := slices.IndexFunc(preferred, func(id string) bool { return slices.Contains(kept, id) })
		switch {
		case i >= 0:
			kid = preferred[i]
		case len(kept) == 1:
			kid = kept[0]
		case len(kept) == 0:
			return attest.Key{}, fail(fmt.Errorf("no key of %s is kept in %q", p.Domain(), dir), f.noneKept(p, preferred))
		default:
			return attest.Key{}, fail(fmt.Errorf("%s has several keys: %s", p.Domain(), strings.Join(kept, ", ")), "--kid chooses one")
		}
	}
	key, err := attest.Load(attest.KeyPath(dir, p, kid), kid, ask)
	if errors.Is(err, fs.ErrNotExist) {
		return key, fail(err, f.initCommand(p)+" makes a new key, and --key names one elsewhere")
	}
	return key, f.failure(err)
}

// noneKept says how to sign where no key is kept, and which are published. A new
// key is the last resort: it is of another line.
func (f *keyFlags) noneKept(p metadata.Publisher, published []string) string {
	if beside := keysBeside(f.project, p); f.dir == "" && beside != nil {
		return strings.Join(beside, " ") + " names those that init --key-here made"
	}
	if len(published) == 0 {
		return f.initCommand(p) + " makes one; --key and --key-dir name others"
	}
	return "--key FILE names the private part of " + published[0] + ", which is published; if nobody has it, " +
		command("keys", "lost", p.Domain(), published[0], "--dir", cmp.Or(f.project, "DIR")) + " says how to go on"
}

// initCommand returns the command that makes a key where none is kept. It chooses
// an ID that is not published.
func (f *keyFlags) initCommand(p metadata.Publisher) string {
	return command("init", p.Domain(), "--dir", cmp.Or(f.project, "DIR"))
}

var errNoTerminal = errors.New("the key is encrypted, and there is no terminal to ask for its passphrase")

// failure adds the mend to an error about a key.
func (f *keyFlags) failure(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, attest.ErrReadableByOthers):
		return fail(err, "where that has no effect, as on a stick, copy the file into your home directory first; if somebody may have copied the key, countersign keys stolen DOMAIN KID says what to do")
	case errors.Is(err, fs.ErrNotExist):
		return fail(err, "countersign init DOMAIN --dir DIR makes a key")
	}
	file := "FILE"
	if f.source != "" && !strings.HasPrefix(f.source, "env:") {
		file = shellWord(f.source)
	}
	if errors.Is(err, errNoTerminal) {
		return fail(err, "run it where the passphrase can be typed; where nobody is there to type, --key env:NAME --kid ID takes an unencrypted key from a secret: openssl pkcs8 -in "+file+" writes one")
	}
	if strings.HasPrefix(f.source, "env:") {
		return fail(err, "the variable holds the whole text of a key file, Ed25519 or P-256 in PKCS#8 PEM; where it is filled from a secret, this run may have been given none")
	}
	return fail(err, "keys are Ed25519 or P-256 in PKCS#8 PEM, one in a file that only you can read; openssl pkcs8 -topk8 -nocrypt -in "+file+" -out NEW.pem converts other forms")
}

// keyDir returns the directory that keys are kept below.
func keyDir(flag string) (string, error) {
	if flag != "" {
		return flag, nil
	}
	dir, err := attest.DefaultDir()
	if err != nil {
		return "", fail(err, "--key-dir names a directory for keys")
	}
	return dir, nil
}

// journal returns where what a key signs is noted. A key from elsewhere, on a
// machine that has no place for keys, has none.
func (f *keyFlags) journal(p metadata.Publisher) attest.Journal {
	dir, err := keyDir(f.dir)
	if err != nil {
		return attest.Journal{}
	}
	return attest.OpenJournal(dir, p)
}

// keptKeys returns the ids of the publisher's keys below dir, sorted.
func keptKeys(dir string, p metadata.Publisher) ([]string, error) {
	entries, err := os.ReadDir(filepath.Dir(attest.KeyPath(dir, p, "any")))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fail(fmt.Errorf("looking for keys: %w", err), "--key-dir names a directory for keys")
	}
	var kept []string
	for _, entry := range entries {
		kid := strings.TrimSuffix(entry.Name(), filepath.Ext(entry.Name()))
		if filepath.Base(attest.KeyPath(dir, p, kid)) == entry.Name() {
			kept = append(kept, kid)
		}
	}
	return kept, nil
}

// freeKeyID returns the year and the first letter that make a kid which is not
// used.
func freeKeyID(used []string) string {
	year := strconv.Itoa(time.Now().UTC().Year())
	for letter := 'a'; letter <= 'z'; letter++ {
		if kid := year + string(letter); !slices.Contains(used, kid) {
			return kid
		}
	}
	return "NEW"
}

// passphrasePrompt asks for the passphrase of an encrypted key where a person
// is there to answer.
func passphrasePrompt(c *cobra.Command) attest.Passphrase {
	return func() ([]byte, error) {
		file, ok := terminal(c.InOrStdin())
		if !ok {
			return nil, errNoTerminal
		}
		fmt.Fprint(c.ErrOrStderr(), "countersign: passphrase of the key: ")
		defer fmt.Fprintln(c.ErrOrStderr())
		return readPassphrase(c.Context(), file)
	}
}
