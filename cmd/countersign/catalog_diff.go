package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/trustroots"
)

func catalogDiffCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "diff OLD [NEW]",
		Short: "Compare two catalogs",
		Long: `Show which clients appeared, vanished and changed from the catalog file OLD to the
file NEW, by default the catalog that comes with this program, and in brackets what
a change touches: redirect, key, auth_method, scope, name, or what is cosmetic. What
you accepted stays accepted by the shape that it had.

Exit status: 0 compared, 1 a file is no catalog, 2 the command line is wrong.`,
		Example: `  countersign catalog diff catalog-2026-11-25.json
  countersign catalog diff catalog-2026-11-25.json mine.json --json`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(c *cobra.Command, args []string) error {
			catalogs := []*trustroots.Catalog{nil, trustroots.Starter()}
			for i, path := range args {
				var err error
				if catalogs[i], err = trustroots.LoadCatalog(path); err != nil {
					return &exitError{exitRejected, fmt.Errorf("%q: %w", path, err), "trustroots/catalog.schema.json says what a catalog is"}
				}
			}
			before, after := catalogs[0], catalogs[1]
			changes := after.Since(before)
			w := c.OutOrStdout()
			if asJSON {
				writeJSON(w, map[string]any{"from": before.Version(), "to": after.Version(), "changes": changes})
				return nil
			}
			fmt.Fprintf(w, "From %s to %s: %d changes\n", before.Version(), after.Version(), len(changes))
			for _, change := range changes {
				fmt.Fprintf(w, "%-8s  %s%s\n", change.Kind, change.Name, touched(change.Touches))
				for _, m := range change.Members {
					fmt.Fprintf(w, "    %s\n      - %s\n      + %s\n", m.Member, printable(string(m.Before)), printable(string(m.After)))
				}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return c
}

// touched says what a change touches, in brackets.
func touched(kinds []metadata.ChangeKind) string {
	if len(kinds) == 0 {
		return ""
	}
	texts := make([]string, 0, len(kinds))
	for _, kind := range kinds {
		texts = append(texts, string(kind))
	}
	return " (" + strings.Join(texts, ", ") + ")"
}
