package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/internal/compat"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

type doctorFlags struct {
	lookup        lookupFlags
	dir, clientID string
	expiresWithin string
	nameServers   []string
	wait          waitFlag
	compat, json  bool
}

func doctorCommand() *cobra.Command {
	var f doctorFlags
	c := &cobra.Command{
		Use:   "doctor DOMAIN",
		Short: "Say what a verifier sees of a publisher, and how to mend it",
		Long: `Look at a publisher as a verifier does: the key records at the zone's own name
servers, then as a resolver has them, the publisher document, the metadata
document and its statement. Each fault has a line of its own and a mend. A
resolver is asked only for what the zone has, so that none remembers an absence.
The zone's own name servers are those that the zone above names. With
--name-server another is asked, too: one where the record was added, perhaps in
a zone that nobody is sent to.
With --wait it looks again until no fault is found, and says on standard error
what it still waits for; --wait=1h waits for longer than 10 minutes. With --compat it
ends with what Keycloak, Cognito, workers-oauth-provider, FastMCP, Auth0 and
Hydra make of the document: each answer was tried, or says where it is written.

Exit status: 0 healthy, 1 a fault was found, 2 the command line is wrong, 3 the
command could not look.`,
		Example: `  countersign doctor acme.example
  countersign doctor acme.example --dir acme
  countersign doctor acme.example --dir acme --wait
  countersign doctor acme.example --dir acme --compat
  countersign doctor acme.example --expires-within 30d
  countersign doctor acme.example --client-id https://acme.example/mcp/client.json --json`,
		GroupID: groupPublisher,
		Args:    cobra.ExactArgs(1),
		RunE:    func(c *cobra.Command, args []string) error { return runDoctor(c, f, args[0]) },
	}
	flags := c.Flags()
	flags.StringVar(&f.dir, "dir", "", "compare with what countersign publish wrote to `DIR`")
	flags.StringVar(&f.clientID, "client-id", "", "look at the metadata document at `URL` (default: what --dir or the publisher document names)")
	flags.StringVar(&f.expiresWithin, "expires-within", "", "take a statement that ends within `TIME`, such as 30d, for a fault")
	flags.StringArrayVar(&f.nameServers, "name-server", nil, "look for the record at the name server `HOST[:PORT]`, too (repeatable)")
	flags.Var(&f.wait, "wait", "look again until no fault is found, for `TIME` at most")
	flags.Lookup("wait").NoOptDefVal = defaultWait.String()
	flags.BoolVar(&f.compat, "compat", false, "say what other authorization servers make of the document, too")
	flags.BoolVar(&f.json, "json", false, "print as JSON")
	f.lookup.add(c)
	return c
}

func runDoctor(c *cobra.Command, f doctorFlags, domain string) error {
	p, err := parseDomain(domain)
	if err != nil {
		return err
	}
	what := target{dir: f.dir, believed: f.nameServers}
	for _, text := range f.nameServers {
		if _, _, err := parseNameServer(text); err != nil {
			return &usageError{err}
		}
	}
	if f.expiresWithin != "" {
		if what.within, err = parseLifetime(f.expiresWithin); err != nil {
			return &usageError{fmt.Errorf("--expires-within %.100q is no time from 1s to 366d, such as 30d or 12h", f.expiresWithin)}
		}
	}
	switch {
	case f.dir != "" && f.clientID != "":
		return &usageError{errors.New("name one: --dir DIR, or --client-id URL")}
	case f.dir != "":
		if _, what.id, err = readProject(f.dir); err != nil {
			return err
		}
		if what.id.Publisher() != p {
			return otherPublisher(exitUsage, filepath.Join(f.dir, clientFile), what.id.String(), p, command("doctor", what.id.Publisher().Domain(), "--dir", f.dir))
		}
	case f.clientID != "":
		if what.id, err = metadata.ParseClientID(f.clientID); err != nil {
			return &usageError{fmt.Errorf("--client-id: %w", err)}
		}
	}
	if !what.id.IsZero() && !(metadata.Coverage{Publisher: p, Subdomains: true}).Covers(what.id.Publisher().Domain()) {
		return &usageError{fmt.Errorf("the document %.100q is not on %s or below it", what.id, p.Domain())}
	}
	seen, err := f.lookup.examine(c.Context(), p, what)
	if f.wait.set {
		seen, err = f.wait.until(c, seen, err, func() (*sight, error) { return f.lookup.examine(c.Context(), p, what) })
	}
	if err != nil {
		return err
	}
	var rows []compat.Row
	if f.compat {
		rows = append([]compat.Row{}, seen.lookCompat()...)
	}
	if f.json {
		seen.printJSON(c.OutOrStdout(), rows)
	} else {
		seen.print(c.OutOrStdout())
		if f.compat {
			printCompat(c.OutOrStdout(), rows)
		}
	}
	switch {
	case len(seen.diagnoses) > 0:
		return &exitError{code: exitRejected}
	case len(seen.unreached) > 0:
		return &exitError{code: exitFailed}
	}
	return nil
}

// examine looks at a publisher and finds the faults.
func (f *lookupFlags) examine(ctx context.Context, p metadata.Publisher, what target) (*sight, error) {
	cfg, err := f.config()
	if err != nil {
		return nil, err
	}
	s, err := look(ctx, cfg, p, what)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("looking at %s: %w", p.Domain(), err)
	}
	s.diagnose()
	return s, nil
}

// printJSON prints one object, with what other servers make of the document
// where rows is not nil.
func (s *sight) printJSON(w io.Writer, rows []compat.Row) {
	document := struct {
		Domain    string          `json:"domain"`
		Faults    []diagnosis     `json:"faults"`
		Unreached []string        `json:"unreached,omitempty"`
		Warnings  []string        `json:"warnings,omitempty"`
		Tier      issuer.Tier     `json:"tier"`
		Told      string          `json:"told"`
		WhyNot    []string        `json:"why_not_more"`
		Compat    []compat.Row    `json:"compat,omitzero"`
		Verdict   json.RawMessage `json:"verdict"`
	}{s.publisher.Domain(), append([]diagnosis{}, s.diagnoses...), s.unreached, s.warnings, s.decision.Tier, s.decision.Told, s.whyNotMore(), rows, nil}
	document.Verdict, _ = s.verdict.MarshalJSON()
	writeJSON(w, document)
}

// print prints the diagnosis for people: the first fault is the first line.
func (s *sight) print(w io.Writer) {
	domain := s.publisher.Domain()
	switch {
	case len(s.diagnoses) == 0 && len(s.unreached) > 0:
		fmt.Fprintf(w, "%s: could not look: %s\n", domain, printable(s.unreached[0]))
	case len(s.diagnoses) == 0:
		fmt.Fprintf(w, "%s: no fault found\n", domain)
	}
	for _, d := range s.diagnoses {
		fmt.Fprintf(w, "%s: %s\n", domain, printable(d.Line))
		printIndented(w, "  ", d.explain)
		fmt.Fprintln(w, "  mend:")
		printIndented(w, "    ", d.Mend)
		fmt.Fprintln(w)
	}
	for _, text := range s.warnings {
		fmt.Fprintf(w, "warning: %s\n", printable(text))
	}
	if len(s.diagnoses) == 0 {
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w, "Seen")
	for _, n := range s.notes {
		fmt.Fprintf(w, "  %-20s %s\n", n.subject, printable(n.text))
	}
	for _, text := range s.unreached {
		fmt.Fprintf(w, "  %-20s %s\n", "not reached", printable(text))
	}
	if s.decision.Outcome == issuer.Approved {
		fmt.Fprintf(w, "\nPolicy standard gives tier %s: %s.\n", s.decision.Tier, printable(s.decision.Told))
	} else {
		fmt.Fprintln(w, "\nPolicy standard gives nothing.")
	}
	for _, why := range s.whyNotMore() {
		fmt.Fprintf(w, "  %s\n", printable(why))
	}
}

func printIndented(w io.Writer, indent, text string) {
	for line := range strings.SplitSeq(text, "\n") {
		fmt.Fprintln(w, strings.TrimRight(indent+printable(line), " "))
	}
}

// whyNotMore says what stands between the publisher and the next tiers.
func (s *sight) whyNotMore() []string {
	d, v := s.decision, s.verdict
	if d.Outcome != issuer.Approved {
		return []string{"refused: " + string(d.Reason) + ": " + d.Reason.Problem().Sentence}
	}
	why := []string{}
	if d.Tier < issuer.TierSigned {
		for _, f := range v.Findings {
			if f.Status != verify.Passed && f.Reason != "" && f.Reason != metadata.ReasonNameResemblesProtected {
				why = append(why, "not signed: "+string(f.Reason)+": "+f.Detail)
			}
		}
		if _, ok := v.Statement(); !ok && !v.Passed(verify.CheckPossession) {
			why = append(why, "not signed: the metadata document holds no software statement")
		}
		if v.Binding == metadata.BindingLoose {
			why = append(why, "not signed: codes can go to any program on the user's computer (binding loose); https redirect URIs of the publisher alone would not")
		}
		if v.TestMode() {
			why = append(why, "not signed: the key is in test mode (t=y)")
		}
	}
	return append(why, "not accepted: that an operator decides, whatever is published")
}

// diagnosis is one fault that was found.
type diagnosis struct {
	Code    string `json:"code"`
	Line    string `json:"line"`
	Mend    string `json:"mend"`
	explain string
}
