package main

import (
	"github.com/spf13/cobra"
)

func toolsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "tools",
		Short: "Map the tools of MCP servers to scopes and classes",
		Long: `Map the tools of MCP servers to scopes and classes: import what a server lists,
look at each guess, compare again later, and see what is behind each scope.`,
		Example: `  countersign tools import https://files.example.com/mcp --mode observe
  countersign tools diff policy.yaml
  countersign tools coverage policy.yaml`,
		GroupID: groupOperator,
	}
	return group(c, toolsImportCommand(), toolsDiffCommand(), toolsCoverageCommand())
}
