package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

func reviewShowCommand() *cobra.Command {
	var f operatorFlags
	c := &cobra.Command{
		Use:   "show ID",
		Short: "Show everything that a person needs to answer a review",
		Long: `Show one review: what the client claims, what is proven, where its codes go, which
scopes an acceptance would earn it, what its name resembles, and the lines to type.
Look at where the codes go: names are what clients claim.`,
		Example: "  countersign review show r… --data ./data",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			path, err := reviewPath(args[0], "")
			if err != nil {
				return err
			}
			var r issuer.Review
			if err := f.get(c, path, &r); err != nil {
				return err
			}
			if f.json {
				writeJSON(c.OutOrStdout(), map[string]any{"review": r, "next": f.answers(r)})
				return nil
			}
			printReview(c.OutOrStdout(), r)
			for _, line := range f.answers(r) {
				fmt.Fprintln(c.OutOrStdout(), "  "+oneLine(line))
			}
			return nil
		},
	}
	f.add(c)
	return c
}

// reviewPath is where a review is, or one of its answers is given.
func reviewPath(id, answer string) (string, error) {
	const longest = 64
	if id == "" || len(id) > longest || strings.Trim(id, "r0123456789abcdef") != "" {
		return "", &usageError{fmt.Errorf("%.100q is no id of a review: countersign review list has them", id)}
	}
	if answer != "" {
		answer = "/" + answer
	}
	return reviewsPath + "/" + id + answer, nil
}

// printReview prints a review for the person who answers it.
func printReview(w io.Writer, r issuer.Review) {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%-11s %s\n", name, oneLine(fmt.Sprintf(format, args...)))
	}
	line("review", "%s", r.ID)
	line("state", "%s since %s", r.State, clock(r.At))
	line("why", "%s", causesText(r.Why))
	line("claims", "the name %q", r.Name)
	if r.ClientID != "" {
		line("client_id", "%s", r.ClientID)
	}
	line("proven", "%s", provenText(r))
	line("codes go to", "%s", strings.Join(r.Codes, " "))
	if r.Binding == metadata.BindingLoose {
		line("", "any program on this computer could pose as it")
	}
	if len(r.Scopes) > 0 {
		line("asks for", "%s", strings.Join(r.Scopes, " "))
	}
	if r.Resembles != "" {
		line("name", "%s", r.Resembles)
	}
	if r.AuthorizationServer != "" {
		line("at", "%s", r.AuthorizationServer)
	}
	line("covers", "%s", coversText(r))
	line("decision", "%s", r.Decision)
	for _, a := range r.Approvals {
		line("approved", "by %s, %s", byText(a.Actor, a.Reason), clock(a.At))
	}
	if r.State == issuer.ReviewApproved {
		line("until", "%s", untilText(r.Until, testOnlyNow()))
	}
	if r.Denied != nil {
		line("denied", "by %s, %s", byText(r.Denied.Actor, r.Denied.Reason), clock(r.Denied.At))
	}
	fmt.Fprintln(w)
}

func provenText(r issuer.Review) string {
	switch {
	case r.Publisher.IsZero():
		return "nothing: nobody vouches for the name"
	case r.Signed && r.Binding == metadata.BindingLoose:
		return "written and signed by " + r.Publisher.Domain() + "; who presents it is not proven"
	case r.Signed:
		return "published and signed by " + r.Publisher.Domain()
	}
	return "published by, or returns only to, " + r.Publisher.Domain()
}

// coversText says what an approval is bound to.
func coversText(r issuer.Review) string {
	what := "this metadata"
	if r.Signed {
		what = "what " + r.Publisher.Domain() + " signs"
	}
	if r.Binding == metadata.BindingLoose {
		return what + ", in this registration only"
	}
	if r.Signed {
		return what + ", later versions too"
	}
	return what + ", until it changes"
}

// answers are the lines to type.
func (f *operatorFlags) answers(r issuer.Review) []string {
	say := func(words ...string) string {
		return command(append(words, f.where()...)...)
	}
	lines := []string{say("why", r.Decision)}
	switch r.State {
	case issuer.ReviewPending:
		lines = append(lines, say("review", "approve", r.ID, "--reason", "TEXT", "--until", "90d"), say("review", "deny", r.ID, "--reason", "TEXT"))
	case issuer.ReviewApproved:
		lines = append(lines, say("review", "deny", r.ID, "--reason", "TEXT"))
	case issuer.ReviewDenied:
		lines = append(lines, say("hold", holdSubject(r), "--reason", "TEXT"))
	}
	return lines
}

// holdSubject is what keeps the client out, as people write it.
func holdSubject(r issuer.Review) string {
	if r.ClientID != "" {
		return r.ClientID
	}
	return string(r.Shape)
}
