package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

func publishersListCommand() *cobra.Command {
	var f operatorFlags
	c := &cobra.Command{
		Use:     "list",
		Short:   "List the publishers that are accepted, held or allowed",
		Long:    "List what operators said of publishers and did not end: acceptances, holds and allowances.\nWhat has run out is marked.",
		Example: "  countersign publishers list --data ./data",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return listStanding(c, &f, func(s metadata.Subject) bool { return !s.Publisher().IsZero() })
		},
	}
	f.add(c)
	return c
}

func publishersShowCommand() *cobra.Command {
	var f operatorFlags
	c := &cobra.Command{
		Use:     "show DOMAIN",
		Short:   "Show what was said of one publisher",
		Example: "  countersign publishers show acme.example --data ./data",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			p, err := parsePublisher(args[0])
			if err != nil {
				return err
			}
			return listStanding(c, &f, func(s metadata.Subject) bool { return s.Publisher() == p })
		},
	}
	f.add(c)
	return c
}

// listStanding prints what was said of the subjects that are wanted.
func listStanding(c *cobra.Command, f *operatorFlags, wanted func(metadata.Subject) bool) error {
	l, err := f.standing(c)
	if err != nil {
		return err
	}
	warnObserved(c, l.Observations)
	said := issuer.Listing{Acceptances: []issuer.Acceptance{}, Exceptions: []issuer.Exception{}, Pins: []issuer.Pin{}}
	for _, a := range l.Acceptances {
		if wanted(a.Subject()) {
			said.Acceptances = append(said.Acceptances, a)
		}
	}
	for _, e := range l.Exceptions {
		if wanted(e.Subject) {
			said.Exceptions = append(said.Exceptions, e)
		}
	}
	if f.json {
		writeJSON(c.OutOrStdout(), map[string]any{"acceptances": said.Acceptances, "exceptions": said.Exceptions})
		return nil
	}
	printStanding(c, said)
	return nil
}

// printStanding prints acceptances and exceptions, the exceptions first: they
// end within days.
func printStanding(c *cobra.Command, l issuer.Listing) {
	if len(l.Acceptances)+len(l.Exceptions) == 0 {
		fmt.Fprintln(c.OutOrStdout(), "Nothing was said.")
		return
	}
	now := testOnlyNow()
	s := newSheet(c.OutOrStdout(), "SAID", "OF", "UNTIL", "BY", "KEYS")
	for _, e := range l.Exceptions {
		what := "held"
		if !e.Holds() {
			what = "allowed up to " + e.Tier.String()
		}
		s.line(what, e.Subject.String(), untilText(e.Until, now), byText(e.Actor, e.Reason), strings.Join(e.Line, " "))
	}
	for _, a := range l.Acceptances {
		of := a.Subject().String()
		if !a.Publisher.IsZero() {
			of += suffix(" with ", string(a.Shape))
		}
		what := "accepted"
		if a.Bound != nil {
			what += " by " + a.Bound.Review
		}
		s.line(what, of, untilText(a.Until, now), byText(a.Actor, a.Reason), strings.Join(a.Line, " "))
	}
	s.print()
}
