// Package strictyaml reads YAML that an operator wrote, with one reading and
// errors that show the place. Call [Decode]; what is found wrong later is told
// by [Document.Fault].
//
// A file is one document in UTF-8. An unknown key, a key twice, a key without
// value, a second document, anchors, aliases, merge keys, keys after a question
// mark and tags are errors.
package strictyaml

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/fc28f635/countersign/internal/limits"
)

// A Document is a file that was read. It does not change.
type Document struct {
	source []byte
	body   ast.Node // nil where the file has nothing but comments
}

// Decode reads data into v, a pointer to a struct with yaml tags; members that
// the file does not name keep their values. Values of types with UnmarshalText
// are read by it. An error begins with "[line:column]" where it has a place, and
// ends with the lines around it and a caret. On an error v is undefined.
func Decode(data []byte, v any) (*Document, error) {
	switch {
	case len(data) > limits.YAMLBytes:
		return nil, fmt.Errorf("more than %d bytes", limits.YAMLBytes)
	case !utf8.Valid(data):
		return nil, errors.New("not UTF-8")
	}
	tokens := lexer.Tokenize(string(data))
	if err := checkNesting(tokens, data); err != nil {
		return nil, err
	}
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		return nil, shown(err, data)
	}
	d := &Document{source: slices.Clone(data)}
	for _, doc := range file.Docs {
		switch {
		case doc.Body == nil || doc.Body.Type() == ast.CommentType:
		case d.body != nil:
			return nil, fault(doc.Body.GetToken(), "more than one document", data)
		default:
			d.body = doc.Body
		}
	}
	if d.body == nil {
		return d, nil
	}
	form := &formWalker{source: data}
	ast.Walk(form, d.body)
	if form.err != nil {
		return nil, form.err
	}
	if err := d.misread(d.body, reflect.TypeOf(v)); err != nil {
		return nil, err
	}
	if err := yaml.NodeToValue(d.body, v, yaml.Strict()); err != nil {
		return nil, shown(err, data)
	}
	return d, nil
}

// checkNesting refuses lists and maps in brackets inside each other without end:
// the library takes time with the square of their number, and stack.
func checkNesting(tokens token.Tokens, source []byte) error {
	depth := 0
	for _, t := range tokens {
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		default:
		}
		if depth > limits.YAMLDepth {
			return fault(t, fmt.Sprintf("more than %d brackets inside each other", limits.YAMLDepth), source)
		}
	}
	return nil
}

// ReadFile returns what Decode is to read: of a file that is longer than Decode
// takes a little more than that.
func ReadFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limits.YAMLBytes+1))
}

// A formWalker finds what makes a file more than a tree of values.
type formWalker struct {
	source []byte
	err    error
}

// Visit implements [ast.Visitor].
func (w *formWalker) Visit(n ast.Node) ast.Visitor {
	if w.err != nil {
		return nil
	}
	switch n := n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		w.refuse(n, "anchors, aliases and merge keys are not read: write the value where it is meant")
	case *ast.MappingKeyNode:
		w.refuse(n, "keys are written without a question mark")
	case *ast.StringNode:
		n.Token = detached(n.Token)
	case *ast.TagNode:
		w.refuse(n, "tags are not read: write the value alone")
	case *ast.MappingValueNode:
		if value := n.Value; value == nil || value.Type() == ast.NullType {
			w.refuse(n.Key, fmt.Sprintf("%.100q has no value: give it one, or take the line away", n.Key.GetToken().Value))
		}
	}
	return w
}

// detached returns a token without those around it, at its place: for each value
// that UnmarshalText reads the library walks over all tokens that it can reach.
func detached(t *token.Token) *token.Token {
	alone := *t
	alone.Prev, alone.Next = nil, nil
	return &alone
}

func (w *formWalker) refuse(n ast.Node, message string) {
	w.err = fault(n.GetToken(), message, w.source)
}
