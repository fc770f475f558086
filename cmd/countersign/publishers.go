package main

import (
	"github.com/spf13/cobra"
)

func publishersCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "publishers",
		Short: "Accept publishers, and list those that are accepted",
		Long: `Accept publishers, end that, and list it. An accepted publisher's signed clients
reach tier accepted, whatever they are called and wherever their codes go.`,
		Example: `  countersign publishers accept acme.example --data ./data --reason "contract 2026-17"
  countersign publishers list --data ./data`,
		GroupID: groupOperator,
	}
	return group(c, publishersAcceptCommand(), publishersUnacceptCommand(), publishersListCommand(), publishersShowCommand())
}
