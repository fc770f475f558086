package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/strictjson"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/trustroots"
	"github.com/fc28f635/countersign/verify"
	"github.com/fc28f635/countersign/verify/online"
)

type verifyFlags struct {
	lookup   lookupFlags
	json     bool
	roots    string
	offline  bool
	audience string
	at       string
}

func verifyCommand() *cobra.Command {
	var f verifyFlags
	c := &cobra.Command{
		Use:   "verify [flags] FILE|-|https://URL",
		Short: "Verify a software statement, or a metadata document and the statement in it",
		Long: `Verify a software statement in a file or on standard input, or the metadata
document at a client_id URL together with the statement in it.

Exit status: 0 verified, 1 rejected, 2 the command line is wrong, 3 inconclusive
or the command could not do its work.`,
		Example: `  countersign verify statement.jws
  countersign verify --json https://acme.example/mcp/client.json
  countersign verify --roots roots.json --offline statement.jws`,
		GroupID: groupOperator,
		Args:    cobra.ExactArgs(1),
		RunE:    func(c *cobra.Command, args []string) error { return runVerify(c, f, args[0]) },
	}
	flags := c.Flags()
	flags.BoolVar(&f.json, "json", false, "print the verdict as JSON")
	flags.StringVar(&f.roots, "roots", "", "pin the publishers in `FILE`")
	flags.BoolVar(&f.offline, "offline", false, "look nothing up: publishers that are not pinned are inconclusive")
	flags.StringVar(&f.audience, "audience", "", "the authorization server that the statement is presented to, its issuer `URL`")
	flags.StringVar(&f.at, "at", "", "judge at this `RFC3339` time instead of now")
	f.lookup.add(c)
	return c
}

func runVerify(c *cobra.Command, f verifyFlags, source string) error {
	presentation := verify.Presentation{Audience: f.audience}
	if f.at != "" {
		at, err := time.Parse(time.RFC3339, f.at)
		if err != nil {
			return &usageError{fmt.Errorf("--at %q is no RFC 3339 time, such as 2026-01-15T12:00:00Z", f.at)}
		}
		presentation.At = at
	}
	verifier, err := f.verifier(c.ErrOrStderr())
	if err != nil {
		return err
	}
	if metadata.IsClientIDURL(source) {
		presentation.ClientID = source
	} else {
		presentation.Statement, err = readStatement(source, c.InOrStdin())
		if err != nil {
			return fail(err, "")
		}
		if url, ok := documentURL(presentation.Statement); ok {
			return &exitError{code: exitUsage, err: fmt.Errorf("%q is a metadata document, not a statement", source),
				hint: "verify it where it is published, " + command("verify", url) + ", or the software_statement in it"}
		}
	}
	v, err := verifier.Verify(c.Context(), presentation)
	if err != nil {
		return fail(fmt.Errorf("verifying: %w", err), "")
	}
	if f.json {
		writeJSON(c.OutOrStdout(), v)
	} else {
		printVerdict(c.OutOrStdout(), v)
	}
	switch v.Outcome {
	case verify.Verified:
		return nil
	case verify.Rejected:
		return &exitError{code: exitRejected}
	case verify.Inconclusive:
	}
	return &exitError{code: exitFailed}
}

// verifier builds the verifier that the flags ask for.
func (f verifyFlags) verifier(stderr io.Writer) (*verify.Verifier, error) {
	cfg, err := f.lookup.config()
	if err != nil {
		return nil, err
	}
	if f.roots != "" {
		loaded, err := trustroots.Load(f.roots)
		if err != nil {
			return nil, fail(err, `roots are {"publishers":{"https://acme.example":{"keys":[JWK]}}}`)
		}
		for _, w := range loaded.Warnings {
			fmt.Fprintf(stderr, "countersign: warning: %s\n", printable(w.String()))
		}
		cfg.Roots = loaded.Set
	}
	if f.offline {
		return verify.New(verify.Config{Roots: cfg.Roots, InsecureSpecialUse: cfg.InsecureLoopback})
	}
	v, err := online.New(cfg)
	if err != nil {
		return nil, fail(err, "--resolver HOST:PORT names a resolver, --offline does without")
	}
	return v, nil
}

// readStatement reads a statement: of its bytes one final LF or CRLF is dropped
// and nothing else. It reads one byte more than the longest statement, so that
// the verdict says that it is too large.
func readStatement(source string, stdin io.Reader) (string, error) {
	reader := stdin
	if source != "-" {
		file, err := os.Open(source)
		if err != nil {
			return "", fmt.Errorf("reading the statement: %w", err)
		}
		defer file.Close()
		if info, err := file.Stat(); err == nil && info.IsDir() {
			return "", errors.New("reading the statement: it is a directory")
		}
		reader = file
	}
	const lineEnd = 2
	data, err := io.ReadAll(io.LimitReader(reader, limits.StatementBytes+lineEnd+1))
	if err != nil {
		return "", fmt.Errorf("reading the statement: %w", err)
	}
	text, cut := strings.CutSuffix(string(data), "\n")
	if cut {
		text = strings.TrimSuffix(text, "\r")
	}
	return text, nil
}

// documentURL returns the client_id of what is a metadata document, and so not a
// statement in any form.
func documentURL(text string) (url string, ok bool) {
	members, err := strictjson.ParseObject([]byte(text), limits.JSONDepth)
	if err != nil {
		return "", false
	}
	for _, m := range members {
		if url, _ := m.Text(); m.Name == "client_id" && metadata.IsClientIDURL(url) {
			return url, true
		}
	}
	return "", false
}

// printVerdict prints a verdict for people: what it came to, then each finding.
func printVerdict(w io.Writer, v *verify.Verdict) {
	fmt.Fprintf(w, "%s", v.Outcome)
	if v.Reason() != "" {
		fmt.Fprintf(w, ": %s: %s", v.Reason(), v.Reason().Problem().Sentence)
	}
	fmt.Fprintln(w)
	if !v.Publisher.IsZero() {
		fmt.Fprintf(w, "publisher  %s\n", v.Publisher)
	}
	for _, f := range v.Findings {
		fmt.Fprintf(w, "%-11s %-20s", f.Status, f.Check)
		if f.Reason != "" {
			fmt.Fprintf(w, " %s", f.Reason)
		}
		if f.Detail != "" {
			fmt.Fprintf(w, " (%s)", printable(f.Detail))
		}
		if f.Evidence.Server != "" {
			fmt.Fprintf(w, " from %s", printable(f.Evidence.Server))
		}
		fmt.Fprintln(w)
	}
	if v.Reason() != "" {
		fmt.Fprintf(w, "\ncountersign why %s says more.\n", v.Reason())
	}
}
