package main

import (
	"github.com/spf13/cobra"
)

func catalogCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "catalog",
		Short: "Show the clients that are publicly documented",
		Long: `Show the starter catalog: clients that are publicly documented, each fact with the
address that states it and the day on which it was read. They were observed, and
are not signed. Nothing in the catalog is accepted by default.`,
		Example: `  countersign catalog show
  countersign catalog show claude-code`,
		GroupID: groupOperator,
	}
	return group(c, catalogShowCommand(), catalogDiffCommand())
}
