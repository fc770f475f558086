package main

import (
	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/issuer"
)

func actsCommand() *cobra.Command {
	var f operatorFlags
	var limit int
	c := &cobra.Command{
		Use:   "acts",
		Short: "List what operators did",
		Long: `List what operators did, the newest first: each acceptance, hold, allowance, pin,
observation and API key, the end of each, each answer to a review, each policy that came into
force, and what was lifted. The record is written together with what it changes,
and is never changed or removed.`,
		Example: "  countersign acts --data ./data --limit 20",
		GroupID: groupOperator,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var list struct {
				Acts []issuer.Act `json:"acts"`
			}
			if err := f.latest(c, "/v1/acts", limit, &list); err != nil {
				return err
			}
			if f.json {
				writeJSON(c.OutOrStdout(), list)
				return nil
			}
			s := newSheet(c.OutOrStdout(), "AT", "ACT", "OF", "UNTIL", "BY")
			for _, a := range list.Acts {
				until := ""
				if !a.Until.IsZero() {
					until = clock(a.Until)
				}
				what := string(a.Verb)
				if a.Verb == issuer.VerbAllow {
					what += " " + a.Tier.String()
				}
				s.line(clock(a.At), what, a.Subject+suffix(" with ", string(a.Seen)), until, byText(a.Actor, a.Reason))
			}
			s.print()
			return nil
		},
	}
	f.add(c)
	addLimit(c, &limit)
	return c
}
