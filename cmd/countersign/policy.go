package main

import (
	"fmt"
	"path/filepath"
	"strings"

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
	var data, name string
	c := &cobra.Command{
		Use:   "show",
		Short: "Print the policy, as it was written",
		Long: `Print the policy of a data directory, as it is in the file. Without --data it is
a built-in one: standard, strict or open. The first start of the service writes
one there (serve --first-policy).`,
		Example: "  countersign policy show --data /var/lib/countersign\n  countersign policy show --name strict\n  countersign policy show --json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			p, ok := issuer.Builtin(name)
			if !ok {
				return &exitError{exitUsage, fmt.Errorf("%.100q is no built-in policy", name), "they are " + strings.Join(issuer.BuiltinNames(), ", ")}
			}
			from := fromEmbedded
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
	flags.StringVar(&name, "name", issuer.Standard().Name(), "print the built-in policy `NAME`")
	flags.StringVar(&data, "data", "", "print the policy in the data directory `DIR`")
	c.MarkFlagsMutuallyExclusive("data", "name")
	return c
}
