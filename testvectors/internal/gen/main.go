// Command gen writes the test vectors: run "go run ./testvectors/internal/gen"
// after a change to it, with -check to learn whether the files are what it
// makes. It imports nothing of countersign, so that it can be wrong only in its
// own way, and can build what no correct signer would.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	check := flag.Bool("check", false, "compare with the files instead of writing them")
	flag.Parse()
	if err := run(*check); err != nil {
		fmt.Fprintf(os.Stderr, "gen: error: %v\n", err)
		os.Exit(1)
	}
}

func run(check bool) error {
	dir, err := dataDir()
	if err != nil {
		return err
	}
	want, err := render(all())
	if err != nil {
		return err
	}
	have, err := read(dir)
	if err != nil {
		return err
	}
	if check {
		return compare(want, have)
	}
	var problems []error
	for _, path := range paths(want, have) {
		file := filepath.Join(dir, filepath.FromSlash(path))
		if b, ok := want[path]; ok {
			problems = append(problems, os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, b, 0o644))
		} else {
			problems = append(problems, os.Remove(file))
		}
	}
	return errors.Join(problems...)
}

// compare names each file that is missing, surplus or different.
func compare(want, have map[string][]byte) error {
	var problems []error
	for _, path := range paths(want, have) {
		b, generated := want[path]
		old, present := have[path]
		switch {
		case !generated:
			problems = append(problems, fmt.Errorf("%s is surplus", path))
		case !present:
			problems = append(problems, fmt.Errorf("%s is missing", path))
		case !bytes.Equal(b, old):
			problems = append(problems, fmt.Errorf("%s differs", path))
		}
	}
	return errors.Join(problems...)
}

// dataDir finds testvectors/data in the module that holds the working directory.
func dataDir() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "testvectors", "data"), nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod here or above")
		}
		dir = parent
	}
}

// read returns the files below dir by slash-separated path; none if dir is absent.
func read(dir string) (map[string][]byte, error) {
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && path == dir {
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		files[filepath.ToSlash(rel)] = b
		return err
	})
	return files, err
}

func paths(a, b map[string][]byte) []string {
	var ps []string
	for _, m := range []map[string][]byte{a, b} {
		for p := range m {
			ps = append(ps, p)
		}
	}
	slices.SortFunc(ps, strings.Compare)
	return slices.Compact(ps)
}
