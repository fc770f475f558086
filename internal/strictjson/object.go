// Package strictjson reads JSON that strangers wrote. Call [ParseObject] where
// the members decide what is an error, and [Decode] where a Go struct does.
//
// Both accept exactly one reading of any input: UTF-8 without byte order mark
// or lone surrogate, no duplicate member name at any depth (compared after
// unescaping), member names compared exactly and never folded, nothing after
// the value, and a bounded depth. It is a thin layer over
// github.com/go-json-experiment/json, which is confined to this package.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
)

// ErrNotObject reports well-formed JSON whose top-level value is no object.
var ErrNotObject = errors.New("not a JSON object")

// ErrTooDeep reports arrays and objects nested deeper than the caller allows.
var ErrTooDeep = errors.New("nested too deeply")

// A Member is one name and its value, the value as it was written.
type Member struct {
	Name  string
	Value json.RawMessage
}

// ParseObject returns the members of the one JSON object that data holds, in
// the order they were written. Values alias data. Nesting beyond depth levels,
// the object itself being the first, is [ErrTooDeep]; another top-level value
// is [ErrNotObject]; anything else that is wrong is a syntax error.
func ParseObject(data []byte, depth int) ([]Member, error) {
	if err := checkDepth(data, depth); err != nil {
		return nil, err
	}
	dec := jsontext.NewDecoder(bytes.NewBuffer(data))
	if dec.PeekKind() != '{' {
		if _, err := dec.ReadValue(); err != nil {
			return nil, fmt.Errorf("reading JSON: %w", err)
		}
		return nil, ErrNotObject
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, fmt.Errorf("reading JSON: %w", err)
	}
	members := make([]Member, 0, 24)
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return nil, fmt.Errorf("reading JSON: %w", err)
		}
		m := Member{Name: name.String()}
		value, err := dec.ReadValue()
		if err != nil {
			return nil, fmt.Errorf("reading JSON: %w", err)
		}
		m.Value = json.RawMessage(value)
		members = append(members, m)
	}
	if _, err := dec.ReadToken(); err != nil {
		return nil, fmt.Errorf("reading JSON: %w", err)
	}
	if rest := bytes.Trim(data[dec.InputOffset():], " \t\r\n"); len(rest) > 0 {
		return nil, errors.New("reading JSON: data after the object")
	}
	return members, nil
}

// checkDepth bounds nesting before a parser sees the input, so that a hostile
// document costs one pass over its bytes and no stack.
func checkDepth(data []byte, limit int) error {
	depth := 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			for i++; i < len(data) && data[i] != '"'; i++ {
				if data[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			if depth++; depth > limit {
				return ErrTooDeep
			}
		case '}', ']':
			depth--
		}
	}
	return nil
}
