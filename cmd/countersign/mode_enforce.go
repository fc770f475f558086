package main

import "github.com/spf13/cobra"

func modeEnforceCommand() *cobra.Command {
	var f operatorFlags
	c := &cobra.Command{
		Use:   "enforce [OF]",
		Short: "End an observation before its time",
		Long: `End the observation of an authorization server or a resource, as countersign mode show
names it; without OF, that of everything. Other observations go on, and so does what
the policy only observes.

Exit status: 0 ended, 2 the command line is wrong, 3 it was not ended.`,
		Example: `  countersign mode enforce --reason "policy mended" --data ./data
  countersign mode enforce https://mcp.acme.example/ --reason "tools reviewed" --data ./data`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			of, request := "", map[string]any{"reason": f.word.Reason}
			if len(args) > 0 {
				of, request["of"] = args[0], args[0]
			}
			return f.end(c, "observed no more: "+observed(of), "/v1/observations/end", request)
		},
	}
	f.addWord(c, "")
	return c
}
