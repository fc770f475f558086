package main

import (
	"strings"
	"testing"
)

func TestRow(t *testing.T) {
	tests := []struct {
		name string
		row  row
		want float64
		met  bool
	}{
		{"a ratio is the median of the rounds' ratios", row{ours: []float64{2, 30, 4}, reference: []float64{1, 10, 4}, goal: 2}, 2, true},
		{"a most that is passed", row{ours: []float64{3, 3, 3}, reference: []float64{2, 2, 2}, goal: 1.4}, 1.5, false},
		{"a least that is reached", row{ours: []float64{1, 1, 1}, reference: []float64{2, 2, 2}, goal: 0.5, atLeast: true}, 0.5, true},
		{"a least that is not reached", row{ours: []float64{1, 1, 1}, reference: []float64{3, 3, 3}, goal: 0.5, atLeast: true}, 1.0 / 3, false},
		{"a figure", row{ours: []float64{9, 5, 7}, goal: 6}, 7, false},
		{"nothing measured meets nothing", row{goal: 6}, 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.row.measured(); len(tt.row.ours) > 0 && got != tt.want {
				t.Errorf("measured %v, want %v", got, tt.want)
			}
			if tt.row.met() != tt.met {
				t.Errorf("met is %v, want %v", tt.row.met(), tt.met)
			}
		})
	}
}

func TestResults(t *testing.T) {
	seen := results{}
	for range 2 {
		seen.read([]byte(`goos: linux
BenchmarkStatement/EdDSA/new-2     	    5287	     70800 ns/op	   16427 B/op	      49 allocs/op
BenchmarkDecide 	  525601	      6168.5 ns/op	 12.3 MB/s	    3608 B/op	      28 allocs/op
PASS`))
	}
	if s := seen["Statement/EdDSA/new"]; len(s.micros) != 2 || s.micros[1] != 70.8 || s.allocs[1] != 49 {
		t.Errorf("with a processor count: %v", s)
	}
	if s := seen["Decide"]; len(s.micros) != 2 || s.micros[0] != 6.1685 || s.allocs[0] != 28 {
		t.Errorf("without a processor count: %v", s)
	}
}

func TestPrintTable(t *testing.T) {
	var out strings.Builder
	err := printTable(&out, []row{
		{id: "P1", work: "a", unit: "µs", ours: []float64{50}, reference: []float64{40}, goal: 1.15},
		{id: "P11", work: "b", unit: "ms", ours: []float64{34.25}, goal: 300},
	})
	const want = `GOAL  WORK  OURS     REFERENCE  RATIO  GOAL      MET
P1    a     50 µs    40 µs      1.250  ≤ 1.15    no
P11   b     34.2 ms  -          -      ≤ 300 ms  yes
`
	if err != nil || out.String() != want {
		t.Errorf("the table is\n%s(%v), want\n%s", out.String(), err, want)
	}
}
