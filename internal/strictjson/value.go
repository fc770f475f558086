package strictjson

import (
	"encoding/json"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// The functions below read one member's value. Each reports false when the
// value is of another JSON type; null is of no type they know. They expect
// values that [ParseObject] returned, and do not check syntax again.

// Text returns a JSON string.
func Text(v json.RawMessage) (string, bool) {
	if len(v) < 2 || v[0] != '"' {
		return "", false
	}
	text, err := jsontext.AppendUnquote(nil, v)
	return string(text), err == nil
}

// Texts returns a JSON array of strings, and an empty slice for an empty array.
func Texts(v json.RawMessage) ([]string, bool) {
	items, ok := Array(v)
	if !ok {
		return nil, false
	}
	texts := make([]string, 0, len(items))
	for _, item := range items {
		text, ok := Text(item)
		if !ok {
			return nil, false
		}
		texts = append(texts, text)
	}
	return texts, true
}

// Array returns the elements of a JSON array.
func Array(v json.RawMessage) ([]json.RawMessage, bool) {
	if len(v) == 0 || v[0] != '[' {
		return nil, false
	}
	dec := jsontext.NewDecoder(newReader(v))
	if _, err := dec.ReadToken(); err != nil {
		return nil, false
	}
	items := []json.RawMessage{}
	for dec.PeekKind() != ']' {
		item, err := dec.ReadValue()
		if err != nil {
			return nil, false
		}
		items = append(items, json.RawMessage(item))
	}
	return items, true
}

// Integer returns a JSON number written as an integer: digits and a leading
// minus at most, no fraction, no exponent, no negative zero, within int64.
func Integer(v json.RawMessage) (int64, bool) {
	if string(v) == "-0" {
		return 0, false
	}
	n, err := strconv.ParseInt(string(v), 10, 64)
	return n, err == nil
}

// Bool returns a JSON true or false.
func Bool(v json.RawMessage) (value, ok bool) {
	switch string(v) {
	case "true":
		return true, true
	case "false":
		return false, true
	}
	return false, false
}

// IsObject reports whether v is a JSON object.
func IsObject(v json.RawMessage) bool { return len(v) > 0 && v[0] == '{' }

// IsArray reports whether v is a JSON array.
func IsArray(v json.RawMessage) bool { return len(v) > 0 && v[0] == '[' }
