package strictyaml

import (
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// Has reports whether the file gives the member at a path, such as "tls.cert_file"
// or "resolvers[1].address".
func (d *Document) Has(path string) bool { return d.at(path) != nil }

// Fault returns err with the place of the member at a path: it begins with
// "[line:column]", and ends with the lines around it and a caret. Where the file
// has no such member the place is that of the nearest one that holds it, or where
// the file begins. One that has nothing but comments has no place.
func (d *Document) Fault(path string, err error) error {
	for at := path; at != ""; at = parent(at) {
		if n := d.at(at); n != nil {
			return fault(n.GetToken(), err.Error(), d.source)
		}
	}
	if d.body == nil {
		return err
	}
	return fault(first(d.body).GetToken(), err.Error(), d.source)
}

// first is the first key of a mapping, or what else there is.
func first(n ast.Node) ast.Node {
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 {
		return m.Values[0].Key
	}
	return n
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
