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
	"strings"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/fc28f635/countersign/internal/limits"
)

// ErrNotObject reports well-formed JSON whose top-level value is no object.
var ErrNotObject = errors.New("not a JSON object")

// ErrTooDeep reports arrays and objects nested deeper than the caller allows.
var ErrTooDeep = errors.New("nested too deeply")

// ErrTooManyMembers reports an object of more than [limits.JSONMembers] members.
var ErrTooManyMembers = errors.New("too many members")

// A Member is one name and its value, the value as it was written.
type Member struct {
	Name  string
	Value json.RawMessage

	text string // Value, where it needs no copy
}

// Text returns the value as [Text] does, mostly without a copy of its own.
func (m Member) Text() (string, bool) {
	if m.text == "" || !IsText(m.Value) || bytes.IndexByte(m.Value, '\\') >= 0 {
		return Text(m.Value)
	}
	return m.text[1 : len(m.text)-1], true
}

// Texts returns the value as [Texts] does, mostly with one copy for them all.
func (m Member) Texts() ([]string, bool) {
	if m.text == "" || !IsArray(m.Value) || bytes.IndexByte(m.Value, '\\') >= 0 {
		return Texts(m.Value)
	}
	texts := make([]string, 0, strings.Count(m.text, `"`)/2)
	rest := m.text[1 : len(m.text)-1]
	for {
		switch rest = strings.TrimLeft(rest, whiteSpace+","); {
		case rest == "":
			return texts, true
		case rest[0] != '"':
			return nil, false
		}
		text, after, _ := strings.Cut(rest[1:], `"`)
		texts, rest = append(texts, text), after
	}
}

// ParseObject returns the members of the one JSON object that data holds, in
// the order they were written. Values alias data. Nesting beyond depth levels,
// the object itself being the first, is [ErrTooDeep]; more members than
// [limits.JSONMembers] are [ErrTooManyMembers]; another top-level value is
// [ErrNotObject]; anything else that is wrong is a syntax error.
func ParseObject(data []byte, depth int) ([]Member, error) {
	if err := checkDepth(data, depth); err != nil {
		return nil, err
	}
	o := object{text: string(data)}
	if err := jsonv2.Unmarshal(data, &o); err != nil {
		return nil, describe(err)
	}
	switch {
	case o.members == nil:
		return nil, ErrNotObject
	case len(o.members) > limits.JSONMembers:
		return nil, ErrTooManyMembers
	}
	return o.members, nil
}

// An object collects the members of the JSON object that text is. Names and
// texts are slices of it, so that they cost no memory of their own.
type object struct {
	text    string
	members []Member
}

// UnmarshalJSONFrom implements [jsonv2.UnmarshalerFrom].
func (o *object) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() != '{' {
		return dec.SkipValue()
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	const usual = 32 // bytes that a member takes
	o.members = make([]Member, 0, min(len(o.text)/usual+4, usual))
	for dec.PeekKind() != '}' {
		quoted, err := dec.ReadValue()
		if err != nil {
			return err
		}
		end := int(dec.InputOffset())
		name := o.text[end-len(quoted)+1 : end-1]
		if bytes.IndexByte(quoted, '\\') >= 0 {
			name, _ = Text(json.RawMessage(quoted))
		}
		value, err := dec.ReadValue()
		if err != nil {
			return err
		}
		end = int(dec.InputOffset())
		if len(o.members) > limits.JSONMembers {
			continue // the rest is read for its syntax only
		}
		o.members = append(o.members, Member{Name: name, Value: json.RawMessage(value), text: o.text[end-len(value) : end]})
	}
	_, err := dec.ReadToken()
	return err
}

// checkDepth bounds nesting before a parser sees the input, so that a hostile
// document costs one pass over its bytes and no stack.
func checkDepth(data []byte, limit int) error {
	depth := 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '"':
			i += stringLen(data[i:]) - 1
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

// stringLen returns the length of the JSON string that data begins with, its
// quotes included, and len(data) where the string has no end.
func stringLen(data []byte) int {
	for n := 1; ; {
		i := bytes.IndexByte(data[n:], '"')
		if i < 0 {
			return len(data)
		}
		n += i + 1
		backslashes := 0
		for n-2-backslashes > 0 && data[n-2-backslashes] == '\\' {
			backslashes++
		}
		if backslashes%2 == 0 {
			return n
		}
	}
}
