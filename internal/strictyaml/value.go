package strictyaml

import (
	"encoding"
	"errors"
	"reflect"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// misread returns the error of the first value in the tree n that is not one of
// its type, with its place: the library makes 1 of 1.5, and tells no place where
// UnmarshalText refuses. t is what the tree is decoded into. What has another
// structure than t is left to the library.
func (d *Document) misread(n ast.Node, t reflect.Type) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if err := checkScalar(n, t); err != nil {
		return fault(n.GetToken(), err.Error(), d.source)
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		for _, member := range n.Values {
			if err := d.misread(member, t); err != nil {
				return err
			}
		}
	case *ast.MappingValueNode:
		if member, ok := memberType(t, n.Key.GetToken().Value); ok {
			return d.misread(n.Value, member)
		}
	case *ast.SequenceNode:
		if t.Kind() != reflect.Slice {
			return nil
		}
		for _, element := range n.Values {
			if err := d.misread(element, t.Elem()); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkScalar returns what is wrong with a value where its type is a scalar.
func checkScalar(n ast.Node, t reflect.Type) error {
	written := n.GetToken().Value
	if text, ok := reflect.New(t).Interface().(encoding.TextUnmarshaler); ok {
		if _, scalar := n.(ast.ScalarNode); !scalar {
			return errors.New("a word is meant")
		}
		return text.UnmarshalText([]byte(written))
	}
	if t == reflect.TypeFor[time.Duration]() {
		if _, err := time.ParseDuration(written); err != nil || n.Type() != ast.StringType {
			return errors.New("a duration such as 5s is meant")
		}
		return nil
	}
	switch t.Kind() {
	case reflect.Bool:
		if n.Type() != ast.BoolType {
			return errors.New("true or false is meant")
		}
	case reflect.Int:
		if n.Type() != ast.IntegerType {
			return errors.New("a whole number is meant")
		}
	case reflect.String:
		if n.Type() != ast.StringType && n.Type() != ast.LiteralType {
			return errors.New("a text is meant: in quotes, where it looks like a number")
		}
	default:
	}
	return nil
}

// memberType returns the type of the member with a key, of a struct or a map.
func memberType(t reflect.Type, key string) (reflect.Type, bool) {
	switch t.Kind() {
	case reflect.Map:
		return t.Elem(), true
	case reflect.Struct:
	default:
		return nil, false
	}
	for f := range t.Fields() {
		if f.Tag.Get("yaml") == key {
			return f.Type, true
		}
	}
	return nil, false
}
