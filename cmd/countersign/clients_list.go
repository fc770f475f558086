package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

func clientsListCommand() *cobra.Command {
	var f operatorFlags
	var limit int
	c := &cobra.Command{
		Use:   "list",
		Short: "List the clients that came, and the shapes that are accepted",
		Long: `List the software that was decided on, by shape, the last first: what it calls
itself, where its codes go, its tier at the last decision and how many there were;
and what was said of shapes and client_ids. Names are what clients claim: look at
where the codes go.`,
		Example: "  countersign clients list --data ./data --limit 20",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return listClients(c, &f, limit, func(metadata.Subject) bool { return true })
		},
	}
	f.add(c)
	addLimit(c, &limit)
	return c
}

func clientsShowCommand() *cobra.Command {
	var f operatorFlags
	c := &cobra.Command{
		Use:     "show SHAPE|URL",
		Short:   "Show what is known of one shape or client_id",
		Example: "  countersign clients show --data ./data https://acme.example/mcp/client.json",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := metadata.ParseSubject(args[0])
			if err != nil || !s.Publisher().IsZero() {
				return &usageError{fmt.Errorf("%.100q is neither a shape nor a client_id", args[0])}
			}
			return listClients(c, &f, limits.ListLongest, func(of metadata.Subject) bool { return of == s })
		},
	}
	f.add(c)
	return c
}

// listClients prints the software that is wanted and what was said of it.
func listClients(c *cobra.Command, f *operatorFlags, limit int, wanted func(metadata.Subject) bool) error {
	var seen struct {
		Software []issuer.Software `json:"software"`
	}
	if err := f.latest(c, "/v1/software", limit, &seen); err != nil {
		return err
	}
	l, err := f.standing(c)
	if err != nil {
		return err
	}
	warnObserved(c, l.Observations)
	isClient := func(s metadata.Subject) bool { return s.Publisher().IsZero() && wanted(s) }
	l.Acceptances = slices.DeleteFunc(l.Acceptances, func(a issuer.Acceptance) bool { return !isClient(a.Subject()) })
	l.Exceptions = slices.DeleteFunc(l.Exceptions, func(e issuer.Exception) bool { return !isClient(e.Subject) })
	seen.Software = slices.DeleteFunc(seen.Software, func(s issuer.Software) bool {
		id, _ := metadata.ParseClientID(s.ClientID)
		return !wanted(metadata.ShapeSubject(s.Shape)) && !wanted(metadata.ClientSubject(id))
	})
	if f.json {
		writeJSON(c.OutOrStdout(), map[string]any{"software": seen.Software, "acceptances": l.Acceptances, "exceptions": l.Exceptions})
		return nil
	}
	if len(seen.Software) == 0 {
		fmt.Fprintln(c.OutOrStdout(), "No client came yet.")
	} else {
		printSoftware(c, seen.Software)
	}
	fmt.Fprintln(c.OutOrStdout())
	printStanding(c, l)
	return nil
}

func printSoftware(c *cobra.Command, list []issuer.Software) {
	s := newSheet(c.OutOrStdout(), "NAME (CLAIMED)", "CODES GO TO", "TIER", "TIMES", "LAST", "DECISION", "SHAPE")
	for _, sw := range list {
		s.line(strconv.Quote(sw.Name), strings.Join(sw.Codes, " "), sw.Tier.String(), strconv.Itoa(sw.Decisions), clock(sw.Last), sw.Decision, string(sw.Shape))
	}
	s.print()
}
