package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/docs"
	"github.com/fc28f635/countersign/metadata"
)

func whyCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "why REASON|FILE",
		Short: "Explain a reason, or every reason in a verdict or decision",
		Long: `Explain one reason: what it means, what it does not mean, and the mend. Of a
file that holds a verdict or a decision as JSON, every reason in it is explained;
- is standard input.`,
		Example: "  countersign why key_unknown\n  countersign verify --json statement.jws | countersign why -",
		GroupID: groupOperator,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			reasons, err := reasonsOf(args[0], c.InOrStdin())
			if err != nil {
				return err
			}
			return explain(c.OutOrStdout(), reasons, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return c
}

// reasonsOf returns the one reason that is named, or those in a document.
func reasonsOf(arg string, stdin io.Reader) ([]metadata.Reason, error) {
	if slices.Contains(metadata.Reasons(), metadata.Reason(arg)) {
		return []metadata.Reason{metadata.Reason(arg)}, nil
	}
	reader := stdin
	if arg != "-" {
		file, err := os.Open(arg)
		if errors.Is(err, os.ErrNotExist) {
			return nil, fail(fmt.Errorf("%q is neither a reason nor a file", arg), "docs/reasons.md lists all reasons")
		}
		if err != nil {
			return nil, fail(fmt.Errorf("reading: %w", err), "")
		}
		defer file.Close()
		reader = file
	}
	const largest = 1 << 20
	data, err := io.ReadAll(io.LimitReader(reader, largest))
	if err != nil {
		return nil, fail(fmt.Errorf("reading: %w", err), "")
	}
	var document struct {
		Reason   metadata.Reason `json:"reason"`
		Findings []struct {
			Reason metadata.Reason `json:"reason"`
		} `json:"findings"`
	}
	if err := json.Unmarshal(data, &document); err != nil {
		return nil, fail(errors.New("the file holds neither a verdict nor a decision"), "countersign verify --json and countersign decide --json print them")
	}
	var reasons []metadata.Reason
	for _, r := range append([]metadata.Reason{document.Reason}, findingReasons(document.Findings)...) {
		if r != "" && !slices.Contains(reasons, r) {
			reasons = append(reasons, r)
		}
	}
	return reasons, nil
}

func findingReasons(findings []struct {
	Reason metadata.Reason `json:"reason"`
}) []metadata.Reason {
	var reasons []metadata.Reason
	for _, f := range findings {
		reasons = append(reasons, f.Reason)
	}
	return reasons
}

func explain(w io.Writer, reasons []metadata.Reason, asJSON bool) error {
	type explanation struct {
		Reason metadata.Reason `json:"reason"`
		Error  string          `json:"error,omitempty"`
		Status int             `json:"status,omitempty"`
		Text   string          `json:"text"`
	}
	list := []explanation{}
	for _, r := range reasons {
		page, ok := docs.Reason(string(r))
		if !ok {
			return fail(fmt.Errorf("reason %q has no page", string(r)), "")
		}
		problem := r.Problem()
		list = append(list, explanation{r, problem.Error, problem.Status, page})
	}
	if asJSON {
		writeJSON(w, map[string]any{"reasons": list})
		return nil
	}
	if len(list) == 0 {
		fmt.Fprintln(w, "No reason: everything that was checked passed.")
	}
	for i, e := range list {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s", e.Reason)
		if e.Error != "" {
			fmt.Fprintf(w, " (%s, %d)", e.Error, e.Status)
		}
		fmt.Fprintf(w, "\n\n%s\n", e.Text)
	}
	return nil
}
