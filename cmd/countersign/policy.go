package main

import "github.com/spf13/cobra"

func policyCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "policy",
		Short: "Show, check, test, compare and change the policy that decides",
		Example: `  countersign policy show current --data /var/lib/countersign
  countersign policy check policy.yaml
  countersign policy test policy.yaml
  countersign policy diff current new.yaml --data /var/lib/countersign`,
		GroupID: groupOperator,
	}
	return group(c, policyShowCommand(), policyCheckCommand(), policyTestCommand(), policyApplyCommand(), policyDiffCommand())
}
