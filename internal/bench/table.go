package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"
)

// A row is one measurement with its goal.
type row struct {
	id, work string
	unit     string // of ours and reference

	ours      []float64 // one value a round
	reference []float64 // of the same rounds; nil where the goal is a figure

	goal    float64 // for the ratio, or for ours where there is no reference
	atLeast bool    // else the goal is a most
}

// measured is what the goal is for.
func (r row) measured() float64 {
	if r.reference == nil {
		return median(r.ours)
	}
	ratios := make([]float64, len(r.ours))
	for i := range r.ours {
		ratios[i] = r.ours[i] / r.reference[i]
	}
	return median(ratios)
}

func (r row) met() bool {
	if r.atLeast {
		return r.measured() >= r.goal
	}
	return r.measured() <= r.goal
}

func median(list []float64) float64 {
	if len(list) == 0 {
		return math.NaN()
	}
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}

func printTable(w io.Writer, rows []row) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "GOAL\tWORK\tOURS\tREFERENCE\tRATIO\tGOAL\tMET")
	for _, r := range rows {
		reference, ratio, unit := "-", "-", ""
		if r.reference != nil {
			reference, ratio = figure(median(r.reference))+" "+r.unit, fmt.Sprintf("%.3f", r.measured())
		} else {
			unit = " " + r.unit
		}
		sign, met := "≤", "no"
		if r.atLeast {
			sign = "≥"
		}
		if r.met() {
			met = "yes"
		}
		fmt.Fprintf(t, "%s\t%s\t%s %s\t%s\t%s\t%s %s%s\t%s\n", r.id, r.work, figure(median(r.ours)), r.unit,
			reference, ratio, sign, figure(r.goal), unit, met)
	}
	return t.Flush()
}

// figure writes three significant digits, and whole numbers whole.
func figure(f float64) string {
	if f == math.Trunc(f) || f >= 100 {
		return fmt.Sprintf("%.0f", f)
	}
	return fmt.Sprintf("%.3g", f)
}
