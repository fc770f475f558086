package main

import (
	"github.com/spf13/cobra"
)

func reviewDenyCommand() *cobra.Command {
	var f operatorFlags
	c := &cobra.Command{
		Use:   "deny ID --reason TEXT",
		Short: "Leave the client of a review at what it proves",
		Long: `Leave the client of a review at the tier that it proves; where the policy waits for
the answer, it gets nothing. It is not asked about again for the same. Denying a
review that was approved ends what the approval gave.

A denial takes nothing away that is proven. To keep a client out altogether,
"countersign hold" denies whatever claims to be it, for at most 7 days.

Exit status: 0 recorded, 2 the command line is wrong, 3 it was not recorded.`,
		Example: `  countersign review deny r… --data ./data --reason "not ours"`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return runAnswer(c, &f, args[0], "deny", map[string]string{"reason": f.word.Reason})
		},
	}
	f.addWord(c, "")
	return c
}
