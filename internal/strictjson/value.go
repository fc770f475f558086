package strictjson

import (
	"bytes"
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
	if bytes.IndexByte(v, '\\') < 0 {
		return string(v[1 : len(v)-1]), true
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
	texts := make([]string, len(items))
	for i, item := range items {
		if texts[i], ok = Text(item); !ok {
			return nil, false
		}
	}
	return texts, true
}

// Array returns the elements of a JSON array.
func Array(v json.RawMessage) ([]json.RawMessage, bool) {
	if !IsArray(v) {
		return nil, false
	}
	return split(v)
}

// Object returns the members of a JSON object, in the order they were written.
func Object(v json.RawMessage) ([]Member, bool) {
	if !IsObject(v) {
		return nil, false
	}
	items, ok := split(v)
	members := make([]Member, 0, len(items))
	for _, item := range items {
		end := stringLen(item)
		name, isText := Text(item[:end])
		value, hasValue := bytes.CutPrefix(bytes.TrimLeft(item[end:], whiteSpace), []byte{':'})
		ok = ok && isText && hasValue
		members = append(members, Member{Name: name, Value: bytes.TrimLeft(value, whiteSpace)})
	}
	return members, ok
}

const whiteSpace = " \t\r\n"

// split returns what stands between the commas of an array or object, and
// whether v ends where the array or object does.
func split(v json.RawMessage) (items []json.RawMessage, ok bool) {
	items = make([]json.RawMessage, 0, 4)
	depth, start := 0, 1
	for i := 1; i < len(v); i++ {
		ends := false
		switch v[i] {
		case '"':
			i += stringLen(v[i:]) - 1
		case '{', '[':
			depth++
		case '}', ']':
			depth--
			ends = depth < 0
		case ',':
			ends = depth == 0
		}
		if !ends {
			continue
		}
		if item := bytes.Trim(v[start:i], whiteSpace); len(item) > 0 {
			items = append(items, item)
		}
		if start = i + 1; depth < 0 {
			break
		}
	}
	return items, depth < 0 && start == len(v) && v[len(v)-1] == v[0]+2 // the closer is two after its opener in ASCII
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

// IsText reports whether v is a JSON string.
func IsText(v json.RawMessage) bool { return len(v) > 0 && v[0] == '"' }

// IsObject reports whether v is a JSON object.
func IsObject(v json.RawMessage) bool { return len(v) > 0 && v[0] == '{' }

// IsArray reports whether v is a JSON array.
func IsArray(v json.RawMessage) bool { return len(v) > 0 && v[0] == '[' }
