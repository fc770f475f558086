package main

import (
	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/issuer"
)

func policyCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "policy",
		Short:   "Show the policy that decides",
		Example: "  countersign policy show",
		GroupID: groupOperator,
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(policyShowCommand())
	return c
}

func policyShowCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:     "show",
		Short:   "Print the policy, as it was written",
		Example: "  countersign policy show --json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			p := issuer.Standard()
			if asJSON {
				writeJSON(c.OutOrStdout(), map[string]string{"name": p.Name(), "digest": p.Digest(), "source": string(p.Source())})
				return nil
			}
			_, err := c.OutOrStdout().Write(p.Source())
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print name, digest and source as JSON")
	return c
}
