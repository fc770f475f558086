// Package testvectors holds countersign's test vectors: software statements,
// metadata documents, key records, redirect URIs and whole decisions, each with
// the one outcome that an implementation must reach. Start with [Load], which
// returns the vectors of one kind; [Vector.Expectation] says what must come out.
//
// The vectors are plain txtar files below data, described for implementers in
// any language in README.md. Nothing here imports the code under test.
package testvectors

import (
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"golang.org/x/tools/txtar"
)

//go:embed data
var data embed.FS

// A Vector is one input and the outcome that it must have. The zero Vector is
// none. Vectors returned by [All] and [Load] belong to the caller.
type Vector struct {
	// ID is the path below data without ".txtar", such as "form/part_empty".
	ID string
	// Kind says what is judged: statement, document, decision, record,
	// redirect_uri, client_id, merge or api.
	Kind string
	// Expect is the outcome and its reason or values; see [Vector.Expectation].
	Expect string
	// Now is the one instant at which everything is judged.
	Now time.Time
	// Header holds every header line by its key, the four above included,
	// repeated keys in the order of the file.
	Header map[string][]string
	// Files holds the files by name. The final line feed of statement.jws,
	// redirect.txt and client_id.txt is dropped; a file stored in base64 is
	// decoded and has its name without ".b64".
	Files map[string][]byte
}

// All returns every vector, ordered by ID. It panics if the embedded files are
// damaged, which the test of this package excludes.
func All() []Vector {
	vs, err := parse(data)
	if err != nil {
		panic(err)
	}
	return vs
}

// Load returns the vectors of one kind, ordered by ID. Of an unknown kind there
// are none: a test that ranges over them must refuse an empty result.
func Load(kind string) []Vector {
	var of []Vector
	for _, v := range All() {
		if v.Kind == kind {
			of = append(of, v)
		}
	}
	return of
}

func parse(fsys fs.FS) ([]Vector, error) {
	var vs []Vector
	err := fs.WalkDir(fsys, "data", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		id, ok := strings.CutSuffix(strings.TrimPrefix(path, "data/"), ".txtar")
		if !ok {
			return fmt.Errorf("%s is not a vector", path)
		}
		b, err := fs.ReadFile(fsys, path)
		if err != nil {
			return err
		}
		v, err := parseVector(b)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if v.ID != id {
			return fmt.Errorf("%s: has the id %q", path, v.ID)
		}
		vs = append(vs, v)
		return nil
	})
	return vs, err
}

func parseVector(b []byte) (Vector, error) {
	a := txtar.Parse(b)
	v := Vector{Header: map[string][]string{}, Files: map[string][]byte{}}
	for line := range strings.Lines(string(a.Comment)) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" {
			continue
		}
		key, value, ok := strings.Cut(line, ": ")
		if !ok {
			return Vector{}, fmt.Errorf("header line %q is not \"key: value\"", line)
		}
		v.Header[key] = append(v.Header[key], value)
	}
	for _, key := range []string{"id", "kind", "expect", "now", "comment"} {
		if len(v.Header[key]) != 1 {
			return Vector{}, fmt.Errorf("needs one header line %q", key)
		}
	}
	v.ID, v.Kind, v.Expect = v.Get("id"), v.Get("kind"), v.Get("expect")
	var err error
	if v.Now, err = time.Parse(time.RFC3339, v.Get("now")); err != nil {
		return Vector{}, err
	}
	for _, f := range a.Files {
		name, content, err := file(f)
		if err != nil {
			return Vector{}, err
		}
		if _, dup := v.Files[name]; dup {
			return Vector{}, fmt.Errorf("two files %q", name)
		}
		v.Files[name] = content
	}
	return v, nil
}

func file(f txtar.File) (name string, content []byte, err error) {
	text, ok := strings.CutSuffix(string(f.Data), "\n")
	if !ok && len(f.Data) > 0 {
		return "", nil, errors.New("a file does not end in a line feed")
	}
	if name, ok := strings.CutSuffix(f.Name, ".b64"); ok {
		content, err := base64.StdEncoding.Strict().DecodeString(text)
		return name, content, err
	}
	switch f.Name {
	case "statement.jws", "redirect.txt", "client_id.txt":
		return f.Name, []byte(text), nil
	}
	return f.Name, f.Data, nil
}
