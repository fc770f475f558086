package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/issuer"
)

func reviewListCommand() *cobra.Command {
	var f operatorFlags
	var limit int
	var all bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List the reviews that are pending",
		Long: `List the reviews that are pending: publishers that sign first, then what a
publisher vouches for, then what strangers claim, the oldest first. With --all
those that were answered follow.`,
		Example: "  countersign review list --data ./data",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var list struct {
				Reviews []issuer.Review `json:"reviews"`
			}
			if err := f.latest(c, reviewsPath, limit, &list); err != nil {
				return err
			}
			if !all {
				list.Reviews = slices.DeleteFunc(list.Reviews, func(r issuer.Review) bool { return r.State != issuer.ReviewPending })
			}
			if f.json {
				writeJSON(c.OutOrStdout(), list)
				return nil
			}
			printReviews(c, list.Reviews)
			return nil
		},
	}
	f.add(c)
	addLimit(c, &limit)
	c.Flags().BoolVar(&all, "all", false, "list those that were answered, too")
	return c
}

const reviewsPath = "/v1/reviews"

func printReviews(c *cobra.Command, list []issuer.Review) {
	if len(list) == 0 {
		fmt.Fprintln(c.OutOrStdout(), "No review is pending.")
		return
	}
	s := newSheet(c.OutOrStdout(), "ID", "STATE", "PUBLISHER", "NAME (CLAIMED)", "CODES GO TO", "WHY", "SINCE")
	for _, r := range list {
		s.line(r.ID, string(r.State), publisherText(r), strconv.Quote(r.Name), strings.Join(r.Codes, " "), causesText(r.Why), clock(r.At))
	}
	s.print()
}

// publisherText says who is proven to be behind a client, and how.
func publisherText(r issuer.Review) string {
	switch {
	case r.Publisher.IsZero():
		return "nobody"
	case r.Signed:
		return r.Publisher.Domain() + " (signed)"
	}
	return r.Publisher.Domain()
}

func causesText(causes []issuer.ReviewCause) string {
	words := make([]string, len(causes))
	for i, cause := range causes {
		words[i] = string(cause)
	}
	return strings.Join(words, " ")
}
