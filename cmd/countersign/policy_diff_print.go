package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/fc28f635/countersign/issuer"
)

// A comparedPolicy names one of two policies.
type comparedPolicy struct {
	Name   string `json:"name"`
	Digest string `json:"digest"`
}

// A comparison is what policy diff prints as JSON.
type comparison struct {
	Old           comparedPolicy          `json:"old"`
	New           comparedPolicy          `json:"new"`
	Decisions     int                     `json:"decisions"`
	Same          int                     `json:"same"`
	Rises         int                     `json:"rises"`
	Falls         int                     `json:"falls"`
	Gains         int                     `json:"gains"`
	Loses         int                     `json:"loses"`
	DryRuns       int                     `json:"dry_runs"`
	NotReplayable int                     `json:"not_replayable"`
	Changes       []issuer.SoftwareChange `json:"changes"`
}

func comparisonJSON(c *issuer.Comparison) comparison {
	return comparison{
		Old: comparedPolicy{c.Old.Name(), c.Old.Digest()}, New: comparedPolicy{c.New.Name(), c.New.Digest()},
		Decisions: c.Decisions, Same: c.Same, Rises: c.Rises, Falls: c.Falls, Gains: c.Gains, Loses: c.Loses,
		DryRuns: c.DryRuns, NotReplayable: c.NotReplayable, Changes: c.Changes(),
	}
}

// changesShown is how much software is printed, and differencesShown how much of
// each.
const (
	changesShown     = 20
	differencesShown = 5
)

func printComparison(w io.Writer, c *issuer.Comparison) {
	fmt.Fprintf(w, "old  %s %s\nnew  %s %s\n", oneLine(c.Old.Name()), c.Old.Digest(), oneLine(c.New.Name()), c.New.Digest())
	if c.Old.Digest() == c.New.Digest() {
		fmt.Fprintln(w, "\nIt is the same policy: nothing changes.")
		return
	}
	fmt.Fprintf(w, "\n%d decisions: %d the same, %d rise, %d fall, %d gain, %d lose\n", c.Decisions, c.Same, c.Rises, c.Falls, c.Gains, c.Loses)
	if c.NotReplayable > 0 {
		fmt.Fprintf(w, "%d more cannot be replayed: their records lack what one of the policies judges\n", c.NotReplayable)
	}
	changes := c.Changes()
	for i, s := range changes {
		if i == changesShown {
			fmt.Fprintf(w, "\nand %d more: --json has all\n", len(changes)-i)
			return
		}
		of := "nobody"
		if !s.Publisher.IsZero() {
			of = s.Publisher.Domain()
		}
		fmt.Fprintf(w, "\n%q of %s (claimed):%s\n", s.ClientName, of, counted(s))
		printDifferences(w, "loses", s.Lost)
		printDifferences(w, "gains", s.Gained)
		fmt.Fprintf(w, "  example  %s\n", oneLine(s.Example))
	}
}

// counted says how many decisions on a software change, and how.
func counted(s issuer.SoftwareChange) string {
	var text strings.Builder
	for _, one := range []struct {
		n    int
		what string
	}{{s.Falls, "fall"}, {s.Loses, "lose"}, {s.Rises, "rise"}, {s.Gains, "gain"}} {
		if one.n > 0 {
			fmt.Fprintf(&text, " %d %s", one.n, one.what)
		}
	}
	return text.String()
}

func printDifferences(w io.Writer, what string, list []issuer.Difference) {
	for i, d := range list {
		if i == differencesShown {
			fmt.Fprintf(w, "  %s    and %d more\n", what, len(list)-i)
			return
		}
		fmt.Fprintf(w, "  %s    %s (%d)\n", what, oneLine(d.What), d.Decisions)
	}
}
