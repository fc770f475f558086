package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

func holdCommand() *cobra.Command {
	var f operatorFlags
	var until string
	c := &cobra.Command{
		Use:   "hold SUBJECT",
		Short: "Deny a publisher, client_id or shape for some days",
		Long: `Deny whatever claims to be of a publisher (a domain), to be a client_id (an https
URL) or to have a shape (sha256:…), proven or not, from now on and for at most 7
days. Of a domain that is every statement in its name, every document on its host,
and every client whose codes go there, hosts below it too. What was granted before
lives on at the authorization server.

Exit status: 0 recorded, 2 the command line is wrong, 3 it was not recorded.`,
		Example: `  countersign hold acme.example --data ./data
  countersign hold sha256:… --until 24h --reason "odd redirects" --data ./data`,
		GroupID: groupOperator,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return runExcept(c, &f, args[0], issuer.TierBlocked, until)
		},
	}
	f.addWord(c, "no reason given")
	c.Flags().StringVar(&until, "until", "", "end at `TIME`, at most 7 days from now, which is the default: a time, a day, or how long")
	return c
}

// runExcept has an exception recorded and prints it.
func runExcept(c *cobra.Command, f *operatorFlags, subject string, tier issuer.Tier, until string) error {
	s, err := metadata.ParseSubject(subject)
	if err != nil {
		return &usageError{err}
	}
	now := testOnlyNow().Truncate(time.Second)
	end := now.Add(limits.ExceptionLongest)
	if until != "" {
		if end, err = parseUntil(until, now); err != nil {
			return err
		}
	}
	if err := f.checkWord(); err != nil {
		return err
	}
	e := issuer.Exception{Subject: s, Tier: tier, Actor: f.word.Actor, Reason: f.word.Reason, At: now, Until: end}
	if err := e.Check(); err != nil {
		return &usageError{err}
	}
	request := map[string]any{"subject": s, "reason": f.word.Reason}
	if until != "" { // the service's clock says when the longest ends
		request["until"] = end.Format(time.RFC3339)
	}
	if !e.Holds() {
		request["tier"] = tier
	}
	if err := f.post(c, "nothing was recorded", "/v1/exceptions", request, &e); err != nil {
		return err
	}
	if id, err := metadata.ParseClientID(s.ClientID()); e.Holds() && err == nil && id.String() == id.Publisher().String()+"/" {
		fmt.Fprintf(c.ErrOrStderr(), "countersign: warning: this holds one document, not the domain: countersign hold %s\n", id.Publisher().Domain())
	}
	if f.json {
		writeJSON(c.OutOrStdout(), e)
		return nil
	}
	what := "held:    "
	if !e.Holds() {
		what = "allowed: "
	}
	w := c.OutOrStdout()
	fmt.Fprintf(w, "%s %s %s\nuntil     %s, by %s\n", what, e.Subject.Kind(), oneLine(e.Subject.String()), clock(e.Until), oneLine(byText(e.Actor, e.Reason)))
	if !e.Holds() {
		fmt.Fprintf(w, "tier      %s at most\n", e.Tier)
		for _, key := range e.Line {
			fmt.Fprintf(w, "key       %s\n", oneLine(key))
		}
	}
	return nil
}
