package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/metadata"
)

type signFlags struct {
	key                                       keyFlags
	dir, publisher, audience, expires, output string
}

func signCommand() *cobra.Command {
	var f signFlags
	c := &cobra.Command{
		Use:   "sign --dir DIR|CLIENT.json",
		Short: "Sign client metadata as a software statement",
		Long: `Sign client metadata as a release statement: RFC 7591 members in, one line out.
What a verifier would refuse is not signed. A statement is a public file: it
proves who wrote the software, never who presents it.

Exit status: 0 signed, 1 the metadata would be refused, 2 the command line is
wrong, 3 the command could not do its work.`,
		Example: `  countersign sign --dir acme -o acme.jws
  countersign sign --key env:SIGNING_KEY --kid 2026a --expires 30d client.json
  countersign sign --dir acme --audience https://login.example.org`,
		GroupID: groupPublisher,
		Args:    cobra.MaximumNArgs(1),
		RunE:    func(c *cobra.Command, args []string) error { return runSign(c, f, args) },
	}
	flags := c.Flags()
	flags.StringVar(&f.dir, "dir", "", "sign client.json in `DIR`")
	flags.StringVar(&f.publisher, "publisher", "", "the `DOMAIN` that vouches (default: the host of client_id)")
	flags.StringVar(&f.audience, "audience", "", "state that it is for one authorization server only, its issuer `URL`")
	flags.StringVar(&f.expires, "expires", "90d", "how long the statement holds, a `TIME` such as 90d")
	flags.StringVarP(&f.output, "output", "o", "-", "write the statement to `FILE`, a new one or one that holds a statement; - is standard output")
	f.key.add(c)
	return c
}

func runSign(c *cobra.Command, f signFlags, args []string) error {
	if (f.dir == "") == (len(args) == 0) {
		return &usageError{errors.New("name one: --dir DIR, or a file of client metadata")}
	}
	lifetime, err := parseLifetime(f.expires)
	if err != nil {
		return err
	}
	if err := checkAudience(f.audience); err != nil {
		return err
	}
	name := filepath.Join(f.dir, clientFile)
	if len(args) > 0 {
		name = args[0]
	}
	client, err := readClient(name)
	if err != nil {
		return err
	}
	if err := checkNoKey(name, client); err != nil {
		return err
	}
	p, err := f.publisherOf(client)
	if err != nil {
		return err
	}
	preferred, err := activeKeys(f.dir, p)
	if err != nil {
		return err
	}
	f.key.project = f.dir
	key, err := f.key.load(p, preferred, c)
	if err != nil {
		return err
	}
	statement, err := release{publisher: p, client: client, key: key, audience: f.audience, lifetime: lifetime, journal: f.key.journal(p)}.sign(c.Context(), time.Now())
	if err != nil {
		return err
	}
	warnLifetime(c.ErrOrStderr(), lifetime)
	warnEarly(c, f.key, p, key.ID())
	if f.output == "-" {
		fmt.Fprintln(c.OutOrStdout(), statement)
		return nil
	}
	return writeStatement(f.output, statement)
}

// writeStatement writes the statement to a file that is new, empty, or holds
// another statement: nothing else is ever replaced.
func writeStatement(name, statement string) error {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fail(fmt.Errorf("writing the statement: %w", err), "")
	case !info.Mode().IsRegular():
		return fail(fmt.Errorf("writing the statement: %q is no regular file", name), "-o - is standard output")
	default:
		was, err := readStatement(name, nil)
		if err != nil {
			return fail(fmt.Errorf("writing the statement: %w", err), "")
		}
		if _, err := jose.Parse(was); err != nil && was != "" {
			return refused(fmt.Errorf("writing the statement: %q holds something else than a statement, and is not replaced", name), "-o names a new file")
		}
	}
	if err := writeWhole(name, []byte(statement+"\n")); err != nil {
		return fail(fmt.Errorf("writing the statement: %w", err), "")
	}
	return nil
}

// checkAudience accepts the issuer identifier of an authorization server (RFC
// 8414, Section 2), or none.
func checkAudience(issuer string) error {
	if issuer == "" {
		return nil
	}
	u, err := url.Parse(issuer)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || strings.ContainsAny(issuer, "?#") {
		return &usageError{fmt.Errorf("--audience %.100q is no issuer URL of an authorization server, such as https://login.example.org", issuer)}
	}
	return nil
}

// publisherOf returns who vouches for the client.
func (f signFlags) publisherOf(client metadata.Client) (metadata.Publisher, error) {
	if f.publisher != "" {
		return parseDomain(f.publisher)
	}
	if client.ClientID == "" {
		return metadata.Publisher{}, &usageError{errors.New("the metadata has no client_id, so --publisher DOMAIN must say who vouches")}
	}
	id, err := metadata.ParseClientID(client.ClientID)
	if err != nil {
		return metadata.Publisher{}, refused(err, mendOf(metadata.ReasonClientIDMalformed))
	}
	return id.Publisher(), nil
}

// activeKeys returns the kids that DIR/site publishes, the one that signs first.
// Where there is no such tree there are none.
func activeKeys(dir string, p metadata.Publisher) ([]string, error) {
	if dir == "" {
		return nil, nil
	}
	if _, err := os.Stat(filepath.Join(dir, siteDir)); err != nil {
		return nil, nil
	}
	tree, err := openSite(dir)
	if err != nil {
		return nil, err
	}
	defer tree.close()
	document, err := tree.publisherDocument(p)
	return keyIDs(document), err
}

// warnLifetime says that fewer accept a statement which holds for long.
func warnLifetime(stderr io.Writer, lifetime time.Duration) {
	if lifetime > defaultLifetime {
		fmt.Fprintln(stderr, "countersign: warning: policy standard refuses statements that hold for more than 90 days")
	}
}
