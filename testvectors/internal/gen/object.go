package main

import (
	"bytes"
	"encoding/json"
)

// An object is a JSON object whose members keep their order, so that a vector
// reads as its builder wrote it and duplicate names can be made.
type object []member

type member struct {
	name  string
	value any
}

// with returns the object with one member replaced, or appended if absent.
func (o object) with(name string, value any) object {
	c := append(object(nil), o...)
	for i := range c {
		if c[i].name == name {
			c[i].value = value
			return c
		}
	}
	return append(c, member{name, value})
}

// without returns the object without these members.
func (o object) without(names ...string) object {
	var c object
next:
	for _, m := range o {
		for _, n := range names {
			if m.name == n {
				continue next
			}
		}
		c = append(c, m)
	}
	return c
}

// and returns the object with a member appended, even if the name is there.
func (o object) and(name string, value any) object {
	return append(append(object(nil), o...), member{name, value})
}

// MarshalJSON writes the members in order, without white space.
func (o object) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, m := range o {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, encode(m.name)...)
		b = append(b, ':')
		b = append(b, encode(m.value)...)
	}
	return append(b, '}'), nil
}

func (o object) String() string { return encode(o) }

// raw is JSON text that is written as it is.
type raw string

// encode returns v as JSON on one line; raw values stand as they are.
func encode(v any) string {
	switch v := v.(type) {
	case raw:
		return string(v)
	case object:
		b, _ := v.MarshalJSON()
		return string(b)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	must(e.Encode(v))
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

func (r raw) String() string { return string(r) }

type list = []any

func must(err error) {
	if err != nil {
		panic(err)
	}
}
