package main

import (
	"github.com/spf13/cobra"
)

func reviewCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "review",
		Short: "Answer which clients may have more than they can prove",
		Long: `Answer the questions that decisions raise, once for each publisher or shape: a
client asks for more than reads that are not sensitive, its name resembles
another's, its codes go to a private-use scheme that nobody knows, or it brings a
key that no publisher names. Until you answer it works at the tier that it proves;
where the policy says wait, it gets nothing.

An approval is an acceptance that is bound to what was seen. It covers all that a
publisher signs, also after a change; of what nobody signed, this registration
with this metadata. A denial takes nothing away that is proven: to keep a client
out, hold it.`,
		Example: `  countersign review list --data ./data
  countersign review show r… --data ./data
  countersign review approve r… --data ./data --reason "known to us" --until 90d`,
		GroupID: groupOperator,
	}
	return group(c, reviewListCommand(), reviewShowCommand(), reviewApproveCommand(), reviewDenyCommand())
}
