package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func documentsListCommand() *cobra.Command {
	var f operatorFlags
	c := &cobra.Command{
		Use:     "list",
		Short:   "List the pinned copies of metadata documents",
		Example: "  countersign documents list --data ./data",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			l, err := f.standing(c)
			if err != nil {
				return err
			}
			if f.json {
				writeJSON(c.OutOrStdout(), map[string]any{"pins": l.Pins})
				return nil
			}
			if len(l.Pins) == 0 {
				fmt.Fprintln(c.OutOrStdout(), "No document is pinned.")
				return nil
			}
			s := newSheet(c.OutOrStdout(), "CLIENT_ID", "UNTIL", "BY", "DIGEST")
			for _, p := range l.Pins {
				s.line(p.ClientID, untilText(p.Until, testOnlyNow()), byText(p.Actor, p.Reason), p.Digest)
			}
			s.print()
			return nil
		},
	}
	f.add(c)
	return c
}
