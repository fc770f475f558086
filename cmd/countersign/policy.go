package main

import (
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/issuer"
)

func policyCommand() *cobra.Command {
	c := &cobra.Command{
		Use:     "policy",
		Short:   "Show the policy that decides",
		Example: "  countersign policy show --data /var/lib/countersign",
		GroupID: groupOperator,
	}
	return group(c, policyShowCommand())
}

func policyShowCommand() *cobra.Command {
	var asJSON bool
	var data string
	c := &cobra.Command{
		Use:   "show",
		Short: "Print the policy, as it was written",
		Long: `Print the policy of a data directory, as it is in the file. Without --data it is
the embedded one, which the first start of the service writes there.`,
		Example: "  countersign policy show --data /var/lib/countersign\n  countersign policy show --json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			p, from := issuer.Standard(), fromEmbedded
			if data != "" {
				var err error
				from = filepath.Join(data, policyFile)
				if p, err = issuer.LoadPolicy(from); err != nil {
					hint := ""
					if isAbsent(err) {
						hint = "the first start of the service writes it"
					}
					return fail(err, hint)
				}
			}
			if asJSON {
				writeJSON(c.OutOrStdout(), map[string]string{"name": p.Name(), "digest": p.Digest(), "from": from, "source": string(p.Source())})
				return nil
			}
			_, err := c.OutOrStdout().Write(p.Source())
			return err
		},
	}
	flags := c.Flags()
	flags.BoolVar(&asJSON, "json", false, "print name, digest, place and source as JSON")
	flags.StringVar(&data, "data", "", "print the policy in the data directory `DIR`")
	return c
}
