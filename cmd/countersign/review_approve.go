package main

import (
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/issuer"
)

func reviewApproveCommand() *cobra.Command {
	var f operatorFlags
	var until string
	c := &cobra.Command{
		Use:   "approve ID --reason TEXT",
		Short: "Accept the client of a review, as it was seen",
		Long: `Accept the client of a pending review: it reaches tier accepted, until the
acceptance ends. Look at "countersign review show ID" before. A client that has
presented something else since has a review with another id.

Where the policy needs a second person, the first approval accepts nothing yet. The
second is another person's, with another API key; the socket counts as one key.

Exit status: 0 recorded, 2 the command line is wrong, 3 it was not recorded.`,
		Example: `  countersign review approve r… --data ./data --reason "known to us" --until 90d`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			end, err := parseUntil(until, testOnlyNow())
			if err != nil {
				return err
			}
			return runAnswer(c, &f, args[0], "approve", map[string]string{"reason": f.word.Reason, "until": end.Format(time.RFC3339)})
		},
	}
	f.addWord(c, "")
	c.Flags().StringVar(&until, "until", "365d", "end at `TIME`: a time, a day, or how long from now")
	return c
}

// runAnswer records an answer to a review, and prints what it came to.
func runAnswer(c *cobra.Command, f *operatorFlags, id, answer string, request map[string]string) error {
	path, err := reviewPath(id, answer)
	if err != nil {
		return err
	}
	if err := f.checkWord(); err != nil {
		return err
	}
	var r issuer.Review
	if err := f.post(c, "nothing was recorded", path, request, &r); err != nil {
		return hinted(err, http.StatusConflict, "countersign review show "+id+" says by whom")
	}
	if f.json {
		writeJSON(c.OutOrStdout(), r)
		return nil
	}
	w := c.OutOrStdout()
	switch r.State {
	case issuer.ReviewApproved:
		fmt.Fprintf(w, "approved: %s, until %s\n", r.ID, clock(r.Until))
	case issuer.ReviewDenied:
		fmt.Fprintf(w, "denied: %s\n", r.ID)
	case issuer.ReviewPending:
		fmt.Fprintf(w, "approved by one: %s waits for a second person\n", r.ID)
	}
	return nil
}
