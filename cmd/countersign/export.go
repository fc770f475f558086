package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/issuer"
)

func exportCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "export",
		Short:   "Write what is on record, for other programs",
		Example: "  countersign export decisions --data /var/lib/countersign > decisions.jsonl",
		GroupID: groupOperator,
	}
	return group(c, exportDecisionsCommand())
}

func exportDecisionsCommand() *cobra.Command {
	var f operatorFlags
	var text string
	c := &cobra.Command{
		Use:   "decisions",
		Short: "Write the recorded decisions, one JSON object a line",
		Long: `Write the recorded decisions in the order of time, one JSON object a line, as
policy diff --decisions reads them. They hold what clients sent of themselves:
docs/privacy.md says what.

Exit status: 0 all are written, 2 the command line is wrong, 3 they were not read.`,
		Example: "  countersign export decisions --since 7d --data /var/lib/countersign > decisions.jsonl",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			since, err := parseSince(text, testOnlyNow())
			if err != nil {
				return err
			}
			return f.walk(c, since, func(d issuer.Decision, _ float64) error {
				data, err := d.Encode()
				if err == nil {
					_, err = fmt.Fprintf(c.OutOrStdout(), "%s\n", data)
				}
				return err
			})
		},
	}
	f.service.add(c)
	c.Flags().StringVar(&text, "since", "", "write what was decided since `TIME`: a time, a day, or how long ago, as 7d; by default everything")
	return c
}
