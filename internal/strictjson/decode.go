package strictjson

import (
	"bytes"
	"encoding/json"
	"fmt"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/fc28f635/countersign/internal/limits"
)

// Decode reads the one JSON value that data holds into v, which names its
// members by json tags. A member that v does not name is an error, as is
// nesting beyond [limits.JSONDepth].
func Decode(data []byte, v any) error {
	if err := checkDepth(data, limits.JSONDepth); err != nil {
		return err
	}
	if err := jsonv2.Unmarshal(data, v, jsonv2.RejectUnknownMembers(true)); err != nil {
		return describe(err)
	}
	return nil
}

// Encode writes v as JSON with two-space indentation when indent is true, and
// in one line otherwise. The same value always gives the same bytes. HTML
// characters are left as they are.
func Encode(v any, indent bool) ([]byte, error) {
	options := []jsonv2.Options{jsonv2.Deterministic(true)}
	if indent {
		options = append(options, jsontext.WithIndent("  "))
	}
	data, err := jsonv2.Marshal(v, options...)
	if err != nil {
		return nil, fmt.Errorf("writing JSON: %w", err)
	}
	return data, nil
}

// Canonical returns raw in the form of RFC 8785: member names sorted, no white
// space, one spelling of each string and number. Raw itself is not changed.
func Canonical(raw json.RawMessage) (json.RawMessage, error) {
	v := jsontext.Value(bytes.Clone(raw))
	if err := v.Canonicalize(); err != nil {
		return nil, fmt.Errorf("canonicalizing JSON: %w", err)
	}
	return json.RawMessage(v), nil
}

// AppendQuote appends s as a JSON string, in the spelling of RFC 8785.
func AppendQuote(to []byte, s string) ([]byte, error) {
	q, err := jsontext.AppendQuote(to, s)
	if err != nil {
		return nil, fmt.Errorf("writing JSON: %w", err)
	}
	return q, nil
}
