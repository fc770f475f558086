package strictyaml

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// Has reports whether the file gives the member at a path, such as "tls.cert_file"
// or "resolvers[1].address".
func (d *Document) Has(path string) bool { return d.at(path) != nil }

// Fault returns err with the place of the member at a path: it begins with
// "[line:column]", and ends with the lines around it and a caret. Where the file
// has no such member the place is that of the nearest one that holds it, or
// there is none.
func (d *Document) Fault(path string, err error) error {
	for at := path; at != ""; at = parent(at) {
		if n := d.at(at); n != nil {
			return fault(n.GetToken(), err.Error(), d.source)
		}
	}
	return err
}

// parent is the path without its last step.
func parent(path string) string {
	return path[:max(strings.LastIndexAny(path, ".["), 0)]
}

// at returns the node at a path, or nil.
func (d *Document) at(path string) ast.Node {
	if d.body == nil {
		return nil
	}
	p, err := yaml.PathString("$." + path)
	if err != nil {
		return nil
	}
	n, err := p.FilterNode(d.body)
	if err != nil {
		return nil
	}
	return n
}

// refused returns the error of the first value in the tree n that UnmarshalText
// of its type refuses, with its place: the library tells none. t is what the
// tree is decoded into. It returns nil where there is no such value.
func (d *Document) refused(n ast.Node, t reflect.Type) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if text, ok := reflect.New(t).Interface().(encoding.TextUnmarshaler); ok {
		if scalar, ok := n.(ast.ScalarNode); ok {
			if err := text.UnmarshalText(fmt.Append(nil, scalar.GetValue())); err != nil {
				return fault(n.GetToken(), err.Error(), d.source)
			}
		}
		return nil
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		for _, member := range n.Values {
			if err := d.refused(member, t); err != nil {
				return err
			}
		}
	case *ast.MappingValueNode:
		if member, ok := memberType(t, n.Key.GetToken().Value); ok {
			return d.refused(n.Value, member)
		}
	case *ast.SequenceNode:
		if t.Kind() != reflect.Slice {
			return nil
		}
		for _, element := range n.Values {
			if err := d.refused(element, t.Elem()); err != nil {
				return err
			}
		}
	}
	return nil
}

// memberType returns the type of the struct's member with a key.
func memberType(t reflect.Type, key string) (reflect.Type, bool) {
	if t.Kind() != reflect.Struct {
		return nil, false
	}
	for f := range t.Fields() {
		if f.Tag.Get("yaml") == key {
			return f.Type, true
		}
	}
	return nil, false
}
