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
	var f operatorFlags
	c := &cobra.Command{
		Use:   "why REASON|ID|FILE",
		Short: "Explain a reason, or every reason in a decision or verdict",
		Long: `Explain one reason: what it means, what it does not mean, and the mend. Of the
id of a recorded decision it prints what was decided, every reason in it with what
was found, and the operator's next commands; the service is asked as by the
operator's commands. Of a file that holds a verdict or a decision as JSON, every
reason in it is explained; - is standard input.`,
		Example: `  countersign why key_unknown
  countersign why d838ba1e3fcca317796ad1040a4e5f6b8 --data ./data
  countersign verify --json statement.jws | countersign why -`,
		GroupID: groupOperator,
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if decisionID.MatchString(args[0]) {
				return runWhyDecision(c, &f, args[0])
			}
			questions, err := reasonsOf(args[0], c.InOrStdin())
			if err != nil {
				return err
			}
			return explain(c.OutOrStdout(), questions, f.json)
		},
	}
	f.add(c)
	return c
}

// A found is what explain reads of a finding.
type found struct {
	Check  string          `json:"check"`
	Reason metadata.Reason `json:"reason"`
	Detail string          `json:"detail"`
}

// A question is a reason to explain, with what a document found under it.
type question struct {
	reason  metadata.Reason
	details []string
}

// reasonsOf returns the one reason that is named, or those in a document.
func reasonsOf(arg string, stdin io.Reader) ([]question, error) {
	if slices.Contains(metadata.Reasons(), metadata.Reason(arg)) {
		return []question{{reason: metadata.Reason(arg)}}, nil
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
		Findings []found         `json:"findings"`
	}
	if err := json.Unmarshal(data, &document); err != nil {
		return nil, fail(errors.New("the file holds neither a verdict nor a decision"), "countersign verify --json and countersign decide --json print them")
	}
	return questionsOf(document.Reason, document.Findings), nil
}

// questionsOf returns each reason once, that of the outcome first.
func questionsOf(outcome metadata.Reason, findings []found) []question {
	var list []question
	for _, f := range append([]found{{Reason: outcome}}, findings...) {
		if f.Reason == "" {
			continue
		}
		i := slices.IndexFunc(list, func(q question) bool { return q.reason == f.Reason })
		if i < 0 {
			i, list = len(list), append(list, question{reason: f.Reason})
		}
		if f.Detail != "" {
			list[i].details = append(list[i].details, f.Check+": "+f.Detail)
		}
	}
	return list
}

// An explanation is the page of a reason, with what was found under it.
type explanation struct {
	Reason  metadata.Reason `json:"reason"`
	Error   string          `json:"error,omitempty"`
	Status  int             `json:"status,omitempty"`
	Text    string          `json:"text"`
	Details []string        `json:"details,omitempty"`
}

func explanationsOf(questions []question) ([]explanation, error) {
	list := []explanation{}
	for _, q := range questions {
		r := q.reason
		page, ok := docs.Reason(string(r))
		if !ok {
			return nil, fail(fmt.Errorf("reason %q has no page", string(r)), "")
		}
		problem := r.Problem()
		list = append(list, explanation{r, problem.Error, problem.Status, page, q.details})
	}
	return list, nil
}

func explain(w io.Writer, questions []question, asJSON bool) error {
	list, err := explanationsOf(questions)
	if err != nil {
		return err
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
		fmt.Fprint(w, "\n\n")
		for _, detail := range e.Details {
			fmt.Fprintf(w, "Found: %s\n", oneLine(detail))
		}
		if len(e.Details) > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintln(w, e.Text)
	}
	return nil
}
