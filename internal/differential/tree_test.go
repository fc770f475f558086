package differential

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A node is one JSON value as text: a scalar as it is written, or an object or
// array of nodes. Unlike a Go map it can have a name twice, and any spelling.
type node struct {
	scalar string // empty for an object or array
	object bool
	names  []string // of an object's members, quoted
	items  []*node
}

// parseTree reads well-formed JSON.
func parseTree(data []byte) (*node, error) {
	d := json.NewDecoder(strings.NewReader(string(data)))
	d.UseNumber()
	n, err := readNode(d)
	if err == nil && d.More() {
		err = errors.New("more than one value")
	}
	return n, err
}

func readNode(d *json.Decoder) (*node, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	delimiter, ok := token.(json.Delim)
	if !ok {
		return &node{scalar: quoted(token)}, nil
	}
	n := &node{object: delimiter == '{'}
	for d.More() {
		if n.object {
			name, err := d.Token()
			if err != nil {
				return nil, err
			}
			n.names = append(n.names, quoted(name))
		}
		item, err := readNode(d)
		if err != nil {
			return nil, err
		}
		n.items = append(n.items, item)
	}
	_, err = d.Token()
	return n, err
}

func quoted(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(fmt.Sprintf("a JSON scalar of type %T: %v", v, err))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// String returns the text without white space.
func (n *node) String() string {
	if n.scalar != "" {
		return n.scalar
	}
	var b strings.Builder
	for i, item := range n.items {
		if i > 0 {
			b.WriteByte(',')
		}
		if n.object {
			b.WriteString(n.names[i] + ":")
		}
		b.WriteString(item.String())
	}
	if n.object {
		return "{" + b.String() + "}"
	}
	return "[" + b.String() + "]"
}

func (n *node) clone() *node {
	c := &node{scalar: n.scalar, object: n.object, names: slices.Clone(n.names)}
	for _, item := range n.items {
		c.items = append(c.items, item.clone())
	}
	return c
}

// within returns n and every value in it.
func (n *node) within() []*node {
	all := []*node{n}
	for _, item := range n.items {
		all = append(all, item.within()...)
	}
	return all
}

// set gives a member of an object a value, and adds it where there is none.
func (n *node) set(name, value string) {
	v := &node{scalar: value}
	if i := slices.Index(n.names, quoted(name)); i >= 0 {
		n.items[i] = v
		return
	}
	n.names, n.items = append(n.names, quoted(name)), append(n.items, v)
}

// text returns a member's value as text where it is a string.
func (n *node) text(name string) string {
	var text string
	if i := slices.Index(n.names, quoted(name)); i >= 0 {
		if json.Unmarshal([]byte(n.items[i].String()), &text) != nil {
			return ""
		}
	}
	return text
}
