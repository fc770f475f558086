package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

func publishersAcceptCommand() *cobra.Command {
	var f operatorFlags
	var shape, until string
	c := &cobra.Command{
		Use:   "accept DOMAIN --reason TEXT",
		Short: "Accept what a publisher signs",
		Long: `Accept a publisher: what it signs reaches tier accepted, until the acceptance
ends. It is given to the keys that the publisher has now, and to keys that join
them by being published together for a day: a later key without such overlap is
not covered, also when it is held down no more.

With --shape the one unsigned client of that shape is covered, too, for as long
as it returns only to the publisher.

Exit status: 0 recorded, 2 the command line is wrong, 3 it was not recorded.`,
		Example: `  countersign publishers accept acme.example --data ./data --reason "contract 2026-17"
  countersign publishers accept acme.example --server https://trust.example --api-key env:API_KEY --reason "pilot" --until 30d`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			p, err := parsePublisher(args[0])
			if err != nil {
				return err
			}
			return runAccept(c, &f, acceptRequest{Publisher: p, Shape: metadata.Shape(shape)}, until)
		},
	}
	f.addWord(c, "")
	c.Flags().StringVar(&shape, "shape", "", "cover the unsigned client of `SHAPE`, too")
	c.Flags().StringVar(&until, "until", "365d", "end at `TIME`: a time, a day, or how long from now")
	return c
}

func publishersUnacceptCommand() *cobra.Command {
	var f operatorFlags
	var shape string
	c := &cobra.Command{
		Use:     "unaccept DOMAIN --reason TEXT",
		Short:   "End the acceptance of a publisher",
		Long:    "End the acceptance of a publisher: new decisions rest on what is proven alone. What was\ngranted before lives on at the authorization server. What a review accepted, \"countersign\nreview deny\" ends.",
		Example: `  countersign publishers unaccept acme.example --data ./data --reason "contract ended"`,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			p, err := parsePublisher(args[0])
			if err != nil {
				return err
			}
			if err := checkShape(metadata.Shape(shape)); err != nil {
				return err
			}
			return f.end(c, "no more accepted: "+p.Domain()+suffix(" with shape ", shape), "/v1/acceptances/end",
				map[string]any{"publisher": p, "shape": shape, "reason": f.word.Reason})
		},
	}
	f.addWord(c, "")
	c.Flags().StringVar(&shape, "shape", "", "the acceptance that names `SHAPE`, too")
	return c
}

func suffix(before, text string) string {
	if text == "" {
		return ""
	}
	return before + text
}

// parsePublisher reads a publisher as people write it: a domain or an origin.
func parsePublisher(text string) (metadata.Publisher, error) {
	s, err := metadata.ParseSubject(text)
	if err != nil || s.Publisher().IsZero() {
		return metadata.Publisher{}, &usageError{fmt.Errorf("%.100q is no publisher such as acme.example", text)}
	}
	return s.Publisher(), nil
}

// checkShape refuses a --shape that is none; it may be absent.
func checkShape(shape metadata.Shape) error {
	if shape == "" {
		return nil
	}
	if _, err := metadata.ParseShape(string(shape)); err != nil {
		return &usageError{fmt.Errorf("--shape %w", err)}
	}
	return nil
}

// An acceptRequest asks for an acceptance.
type acceptRequest struct {
	Publisher metadata.Publisher `json:"publisher,omitzero"`
	Shape     metadata.Shape     `json:"shape,omitempty"`
	Reason    string             `json:"reason"`
	Until     string             `json:"until"`
}

// runAccept has an acceptance recorded and prints it.
func runAccept(c *cobra.Command, f *operatorFlags, r acceptRequest, until string) error {
	end, err := parseUntil(until, testOnlyNow())
	if err != nil {
		return err
	}
	if err := f.checkWord(); err != nil {
		return err
	}
	if err := checkShape(r.Shape); err != nil {
		return err
	}
	now := testOnlyNow()
	if err := (issuer.Acceptance{Publisher: r.Publisher, Shape: r.Shape, By: issuer.ByOperator, Actor: f.word.Actor, Reason: f.word.Reason, At: now, Until: end}).Check(); err != nil {
		return &usageError{err}
	}
	r.Reason, r.Until = f.word.Reason, end.Format("2006-01-02T15:04:05Z07:00")
	var a issuer.Acceptance
	if err := f.post(c, "nothing was accepted", "/v1/acceptances", r, &a); err != nil {
		return err
	}
	if f.json {
		writeJSON(c.OutOrStdout(), a)
		return nil
	}
	printAcceptance(c, a)
	return nil
}

// printAcceptance prints an acceptance that was just recorded.
func printAcceptance(c *cobra.Command, a issuer.Acceptance) {
	w := c.OutOrStdout()
	switch {
	case a.Publisher.IsZero():
		fmt.Fprintf(w, "accepted: clients of shape %s\n", oneLine(string(a.Shape)))
	case a.Shape != "":
		fmt.Fprintf(w, "accepted: %s, and its client of shape %s\n", a.Publisher.Domain(), oneLine(string(a.Shape)))
	default:
		fmt.Fprintf(w, "accepted: %s\n", a.Publisher.Domain())
	}
	fmt.Fprintf(w, "until     %s, by %s\n", clock(a.Until), oneLine(byText(a.Actor, a.Reason)))
	if a.Publisher.IsZero() {
		return
	}
	keys := "its first ones: none was seen yet"
	if len(a.Line) > 0 {
		keys = strings.Join(a.Line, " ")
	}
	fmt.Fprintf(w, "keys      %s\n", oneLine(keys))
}
