package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/trustroots"
)

func catalogShowCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "show [NAME]",
		Short: "List the clients, or show one and how to accept it",
		Long: `List the clients of the catalog. With a NAME, show what is known of that client,
which address states it, and the command that accepts it. It accepts nothing.

Exit status: 0 shown, 1 there is no such client, 2 the command line is wrong.`,
		Example: `  countersign catalog show
  countersign catalog show cursor --json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			catalog := trustroots.Starter()
			if len(args) == 0 {
				showCatalog(c.OutOrStdout(), catalog, asJSON)
				return nil
			}
			k, ok := catalog.Client(args[0])
			if !ok {
				return &exitError{exitRejected, fmt.Errorf("no client %.100q in the catalog", args[0]), command("catalog", "show") + " lists them"}
			}
			if asJSON {
				writeJSON(c.OutOrStdout(), showingOf(k))
			} else {
				showCatalogClient(c.OutOrStdout(), k)
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return c
}

// A catalogShowing is a client with what follows from the catalog.
type catalogShowing struct {
	trustroots.CatalogClient
	Shape   metadata.Shape `json:"shape,omitempty"`
	NoShape string         `json:"no_shape,omitempty"` // why there is none
	Accept  []string       `json:"accept"`             // commands
}

func showingOf(k trustroots.CatalogClient) catalogShowing {
	s := catalogShowing{CatalogClient: k, Accept: []string{}}
	s.Shape, s.NoShape = k.Shape()
	if s.Shape != "" {
		s.Accept = append(s.Accept, "countersign clients accept --shape "+string(s.Shape))
	}
	if k.Client().ClientID != "" || k.ClientIDTemplate != "" {
		s.Accept = append(s.Accept, "countersign publishers accept "+k.Publisher.String())
	}
	return s
}

func showCatalog(w io.Writer, catalog *trustroots.Catalog, asJSON bool) {
	if asJSON {
		all := []catalogShowing{}
		for _, k := range catalog.Clients() {
			all = append(all, showingOf(k))
		}
		writeJSON(w, map[string]any{"version": catalog.Version(), "status": trustroots.CatalogStatus, "clients": all})
		return
	}
	fmt.Fprintf(w, "Catalog of %s: %s. Nothing in it is accepted by default.\n\n", catalog.Version(), trustroots.CatalogStatus)
	const gap = 2
	t := tabwriter.NewWriter(w, 0, 0, gap, ' ', 0)
	fmt.Fprintln(t, "NAME\tPUBLISHER\tSHAPE\tTITLE")
	for _, k := range catalog.Clients() {
		shape := "-"
		if s, _ := k.Shape(); s != "" {
			shape = "known"
		}
		publisher := "-"
		if !k.Publisher.IsZero() {
			publisher = k.Publisher.Domain()
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", k.Name, publisher, shape, k.Title)
	}
	_ = t.Flush() // as the lines of others, which are not checked either
}

func showCatalogClient(w io.Writer, k trustroots.CatalogClient) {
	fmt.Fprintf(w, "%s: %s\n%s\n", k.Name, printable(k.Title), trustroots.CatalogStatus)
	if !k.Publisher.IsZero() {
		fmt.Fprintf(w, "publisher  %s\n", k.Publisher)
	}
	fmt.Fprintln(w)
	for _, member := range k.Members() {
		fmt.Fprintf(w, "%s\n", member)
		for _, value := range k.Values(member) {
			fmt.Fprintf(w, "    %s\n", printable(value))
		}
		for _, s := range k.SourcesOf(member) {
			fmt.Fprintf(w, "    seen %s  %s\n", s.Seen, printable(s.Address))
		}
	}
	fmt.Fprintln(w)
	showing := showingOf(k)
	if showing.Shape == "" {
		fmt.Fprintf(w, "No shape is known: %s.\nAsk for a decision on it, look whether what it presented is what you expect, and accept the shape of\nthat decision:\n", printable(showing.NoShape))
		fmt.Fprintln(w, "    countersign clients accept --shape SHAPE")
	}
	if showing.Shape != "" || len(showing.Accept) > 0 {
		fmt.Fprintln(w, "To accept it:")
	}
	for _, command := range showing.Accept {
		fmt.Fprintf(w, "    %s\n", command)
		if strings.Contains(command, "publishers") {
			fmt.Fprintf(w, "        lets in what %s signs, whatever client it is. Of what it does not sign, nothing.\n", k.Publisher)
		}
	}
	if loose(k.Client()) {
		fmt.Fprintln(w, "Codes go to a program on the user's computer: any program there can present itself like this.")
	}
}

// loose reports whether a code can reach another program than the client.
func loose(c metadata.Client) bool {
	for _, s := range c.RedirectURIs {
		if r, err := metadata.ParseRedirectURI(s); err == nil && (r.Class() != metadata.RedirectHTTPS || metadata.Redirector(r)) {
			return true
		}
	}
	return false
}
