// Command mutants changes the code in one place at a time and asks whether a
// test notices: make soak runs it. It draws mutants with a seed, tests each with
// the tests of its package and, where those pass, of the others given that import
// it, and lists the survivors.
//
// A mutant that the compiler refuses is none, and another is drawn. One whose
// tests do not end counts as noticed. No file of the checkout is touched: the
// changed file is laid over by go test -overlay.
//
// With -kind never and -v it draws checks alone, removes them, and says which
// tests went red. With -only it draws from the places that a pattern matches: what
// survived once is tried again by `-only verify/rules.go:80`.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// usual are the packages that decide what is believed.
var usual = []string{"./verify", "./metadata", "./internal/jose", "./internal/fetch", "./internal/dnsx"}

func main() {
	var o options
	seed := flag.String("seed", os.Getenv("COUNTERSIGN_SEED"), "what is drawn (default: COUNTERSIGN_SEED, else 1)")
	flag.IntVar(&o.count, "n", 300, "how many mutants are tested")
	flag.IntVar(&o.least, "least", 85, "per cent that must be killed, else the exit status is 1")
	flag.IntVar(&o.workers, "workers", runtime.NumCPU(), "how many are tested at a time")
	flag.StringVar((*string)(&o.kind), "kind", "", "only mutants of one kind: never, always, compare, compute, remove or flip")
	only := flag.String("only", "", "only the places that this regular expression matches, written as in the list of survivors")
	flag.DurationVar(&o.limit, "timeout", 2*time.Minute, "how long the tests of one package may take")
	flag.BoolVar(&o.verbose, "v", false, "list the killed too, with the tests that failed")
	flag.Parse()
	o.packages = flag.Args()
	if len(o.packages) == 0 {
		o.packages = usual
	}
	var err error
	if *seed == "" {
		*seed = "1"
	}
	if o.seed, err = strconv.ParseUint(*seed, 10, 64); err != nil {
		fmt.Fprintln(os.Stderr, "mutants: -seed is no number")
		os.Exit(2)
	}
	if o.only, err = regexp.Compile(*only); err != nil {
		fmt.Fprintln(os.Stderr, "mutants: -only is no regular expression:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

type options struct {
	packages              []string
	seed                  uint64
	count, least, workers int
	kind                  kind
	only                  *regexp.Regexp
	limit                 time.Duration
	verbose               bool
}

func run(ctx context.Context, o options) error {
	packages, err := list(ctx, o.packages)
	if err != nil {
		return err
	}
	var all []mutant
	importers := map[string][]string{}
	for _, p := range packages {
		for _, file := range p.GoFiles {
			found, err := in(p.ImportPath, filepath.Join(p.Dir, file))
			if err != nil {
				return err
			}
			all = append(all, found...)
		}
		for _, other := range packages {
			if slices.Contains(other.Deps, p.ImportPath) {
				importers[p.ImportPath] = append(importers[p.ImportPath], other.ImportPath)
			}
		}
		if output, err := goTest(ctx, o.limit, p.ImportPath); err != nil {
			return fmt.Errorf("the tests of %s fail before anything is changed: %w\n%s", p.ImportPath, err, output)
		}
	}
	all = slices.DeleteFunc(all, func(m mutant) bool {
		return o.kind != "" && m.kind != o.kind || !o.only.MatchString(m.String())
	})
	r := rand.New(rand.NewPCG(o.seed, 0))
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	fmt.Printf("mutants: %d places in %d packages, %d drawn with seed %d\n", len(all), len(packages), o.count, o.seed)
	return report(o, testAll(ctx, o, all, importers))
}

// testAll tests mutants in the order drawn until there are enough that build.
// The first that cannot be tried ends it.
func testAll(ctx context.Context, o options, drawn []mutant, importers map[string][]string) (trials []trial) {
	done := make(chan trial)
	built, running := 0, 0
	for {
		for running < o.workers && built+running < o.count && len(drawn) > 0 {
			m := drawn[0]
			drawn = drawn[1:]
			running++
			go func() { done <- try(ctx, m, importers[m.pkg], o.limit) }()
		}
		if running == 0 {
			return trials
		}
		t := <-done
		running--
		trials = append(trials, t)
		switch {
		case t.err != nil:
			drawn = nil
		case t.fate != unbuilt:
			built++
		}
		if t.err == nil && (t.fate == survived || t.fate == killed && o.verbose) {
			fmt.Println(t.describe())
		}
	}
}

func (t trial) describe() string {
	if t.fate == survived {
		return "survived: " + t.String()
	}
	return "killed:   " + t.String() + "\n\tby " + strings.Join(t.by, ", ")
}

// report prints the sum, and returns an error where too few were killed.
func report(o options, trials []trial) error {
	var errs []error
	counts := map[fate]int{}
	for _, t := range trials {
		if t.err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", t, t.err))
			continue
		}
		counts[t.fate]++
	}
	built := counts[killed] + counts[survived]
	if built == 0 {
		return errors.Join(append(errs, errors.New("no mutant was tested"))...)
	}
	fmt.Printf("mutants: %d tested, %d killed (%.1f %%), %d survived, %d that do not build left out\n",
		built, counts[killed], 100*float64(counts[killed])/float64(built), counts[survived], counts[unbuilt])
	if 100*counts[killed] < o.least*built {
		errs = append(errs, fmt.Errorf("fewer than %d %% were killed", o.least))
	}
	return errors.Join(errs...)
}

// A goPackage is what go list says of one.
type goPackage struct {
	ImportPath, Dir string
	GoFiles, Deps   []string
}

func list(ctx context.Context, patterns []string) (packages []goPackage, err error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"list", "-json=ImportPath,Dir,GoFiles,Deps"}, patterns...)...)
	cmd.Stderr = os.Stderr
	output, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	for d := json.NewDecoder(strings.NewReader(string(output))); d.More(); {
		var p goPackage
		if err := d.Decode(&p); err != nil {
			return nil, err
		}
		packages = append(packages, p)
	}
	return packages, nil
}
