package main

import (
	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/metadata"
)

func releaseCommand() *cobra.Command {
	var f operatorFlags
	c := &cobra.Command{
		Use:     "release SUBJECT",
		Short:   "End a hold or an allowance",
		Long:    "End the hold or the allowance of a publisher, a client_id or a shape.",
		Example: "  countersign release acme.example --data ./data",
		GroupID: groupOperator,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := metadata.ParseSubject(args[0])
			if err != nil {
				return &usageError{err}
			}
			return f.end(c, "released: "+s.Kind()+" "+s.String(), "/v1/exceptions/end", map[string]any{"subject": s, "reason": f.word.Reason})
		},
	}
	f.addWord(c, "not needed any more")
	return c
}
