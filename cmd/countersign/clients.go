package main

import (
	"github.com/spf13/cobra"
)

func clientsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "clients",
		Short: "See which clients came, and accept them by their shape",
		Long: `See which clients came, and accept those that no publisher signs. A shape is what
decides where codes go and what is shown: redirect URIs, grant types,
authentication method and name. A copy of an accepted shape delivers its codes to
the client that was copied; any program on a computer can take codes that go to
that computer.`,
		Example: `  countersign clients list --data ./data
  countersign clients accept --data ./data --shape sha256:… --reason "our editor"`,
		GroupID: groupOperator,
	}
	return group(c, clientsAcceptCommand(), clientsUnacceptCommand(), clientsListCommand(), clientsShowCommand())
}
