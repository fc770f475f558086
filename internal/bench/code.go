package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// measureCode runs the benchmarks that stand beside the code: one process a
// package and round, so that within a round ours and reference are neighbours.
func measureCode(ctx context.Context, dir string, rounds int) ([]row, error) {
	root, err := moduleRoot(ctx)
	if err != nil {
		return nil, err
	}
	seen := results{}
	for _, pkg := range []string{"verify", "verify/online", "issuer"} {
		binary := filepath.Join(dir, strings.ReplaceAll(pkg, "/", "-")+".test")
		build := exec.CommandContext(ctx, "go", "test", "-c", "-o", binary, "./"+pkg)
		build.Dir = root
		if out, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("building the benchmarks of %s: %w\n%s", pkg, err, out)
		}
		for range rounds {
			bench := exec.CommandContext(ctx, binary, "-test.run=^$", "-test.bench=.", "-test.benchmem", "-test.benchtime=200ms")
			bench.Dir = filepath.Join(root, pkg)
			out, err := bench.CombinedOutput()
			if err != nil {
				return nil, fmt.Errorf("running the benchmarks of %s: %w\n%s", pkg, err, out)
			}
			seen.read(out)
		}
	}
	var rows []row
	for _, alg := range []struct {
		name string
		goal float64
	}{{"EdDSA", 1.15}, {"ES256", 1.12}} {
		bare, fresh, again := seen["Statement/"+alg.name+"/bare"], seen["Statement/"+alg.name+"/new"], seen["Statement/"+alg.name+"/again"]
		rows = append(rows,
			row{id: "P1", work: "new statement, " + alg.name + ", over the bare check", unit: "µs", ours: fresh.micros, reference: bare.micros, goal: alg.goal},
			row{id: "P1", work: "its allocations", unit: "allocs", ours: fresh.allocs, goal: 60},
			row{id: "P2", work: "the same statement again, over a new one", unit: "µs", ours: again.micros, reference: fresh.micros, goal: 1.0 / 25},
			row{id: "P2", work: "its allocations", unit: "allocs", ours: again.allocs, goal: 6})
	}
	decide := seen["Decide"]
	rows = append(rows,
		row{id: "P3", work: "policy: tier and grant", unit: "µs", ours: decide.micros, goal: 5},
		row{id: "P3", work: "its allocations", unit: "allocs", ours: decide.allocs, goal: 10})
	cold, trips := seen["Cold/new"], seen["Cold/bare"]
	rows = append(rows, row{id: "P6", work: "a client with nothing remembered, over its two round trips made bare", unit: "µs",
		ours: cold.micros, reference: trips.micros, goal: 1.3})
	for _, r := range rows {
		if len(r.ours) != rounds || r.reference != nil && len(r.reference) != rounds {
			return nil, fmt.Errorf("%s (%s): the benchmark was not run: has it moved?", r.id, r.work)
		}
	}
	return rows, nil
}

// results are the figures of benchmarks by name, one a round.
type results map[string]series

type series struct{ micros, allocs []float64 }

// resultLine is a line of go test -bench -benchmem, whose form is that of the
// Go benchmark data format.
var resultLine = regexp.MustCompile(`^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+([0-9.]+) ns/op.*?([0-9]+) allocs/op`)

func (r results) read(out []byte) {
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		m := resultLine.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		nanos, _ := strconv.ParseFloat(m[2], 64) // the expression lets only numbers through
		allocs, _ := strconv.ParseFloat(m[3], 64)
		s := r[m[1]]
		s.micros, s.allocs = append(s.micros, nanos/1000), append(s.allocs, allocs)
		r[m[1]] = s
	}
}

func moduleRoot(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("finding the module: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}
