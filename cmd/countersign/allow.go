package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/issuer"
)

func allowCommand() *cobra.Command {
	var f operatorFlags
	var tier, until string
	c := &cobra.Command{
		Use:   "allow SUBJECT --tier TIER --until TIME --reason TEXT",
		Short: "Lift a publisher, client_id or shape for some days",
		Long: `Lift what is proven to be a publisher (a domain), a client_id (an https URL) or a
shape (sha256:…) to at most tier domain, signed or accepted, for at most 7 days.
It lifts what verified: a client that is rejected, or that could not be checked,
stays refused. Of a publisher it is what its present keys sign, also new ones that
are held down, and what its own documents say. A client that returns to this
computer is never signed.

Exit status: 0 recorded, 2 the command line is wrong, 3 it was not recorded.`,
		Example: `  countersign allow acme.example --tier signed --until 72h --reason "new key, confirmed by telephone" --data ./data`,
		GroupID: groupOperator,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var t issuer.Tier
			if tier == "" || until == "" {
				return &usageError{errors.New("--tier TIER and --until TIME are needed")}
			}
			if err := t.UnmarshalText([]byte(tier)); err != nil || t < issuer.TierDomain || t > issuer.TierAccepted {
				return &usageError{fmt.Errorf("--tier %.100q is none of domain, signed and accepted", tier)}
			}
			return runExcept(c, &f, args[0], t, until)
		},
	}
	f.addWord(c, "")
	c.Flags().StringVar(&tier, "tier", "", "lift to at most `domain|signed|accepted`")
	c.Flags().StringVar(&until, "until", "", "end at `TIME`, at most 7 days from now: a time, a day, or how long")
	return c
}
