package strictjson_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/internal/strictjson"
)

func TestText(t *testing.T) {
	tests := []struct {
		in, want string
		ok       bool
	}{
		{`"a"`, "a", true},
		{`""`, "", true},
		{`"\u0061\n\"\\\/\ud83d\ude00"`, "a\n\"\\/😀", true},
		{`"\u0000"`, "\x00", true},
		{`null`, "", false}, {`1`, "", false}, {`["a"]`, "", false}, {`{}`, "", false}, {`true`, "", false}, {``, "", false}, {`"`, "", false},
	}
	for _, tt := range tests {
		if got, ok := strictjson.Text(json.RawMessage(tt.in)); got != tt.want || ok != tt.ok {
			t.Errorf("Text(%s) = %q, %v", tt.in, got, ok)
		}
	}
}

func TestTexts(t *testing.T) {
	tests := []struct {
		in   string
		want []string
		ok   bool
	}{
		{`[]`, []string{}, true},
		{`[ "a" , "b,]\"" ]`, []string{"a", `b,]"`}, true},
		{`["a",null]`, nil, false}, {`["a",1]`, nil, false}, {`["a",["b"]]`, nil, false}, {`["a",{}]`, nil, false},
		{`"a"`, nil, false}, {`null`, nil, false}, {`{}`, nil, false}, {``, nil, false},
	}
	for _, tt := range tests {
		got, ok := strictjson.Texts(json.RawMessage(tt.in))
		if d := cmp.Diff(tt.want, got); d != "" || ok != tt.ok {
			t.Errorf("Texts(%s) ok %v (-want +got):\n%s", tt.in, ok, d)
		}
	}
}

func TestInteger(t *testing.T) {
	tests := []struct {
		in   string
		want int64
		ok   bool
	}{
		{"0", 0, true}, {"-1", -1, true}, {"9223372036854775807", 1<<63 - 1, true}, {"-9223372036854775808", -1 << 63, true},
		{"9223372036854775808", 0, false}, {"-0", 0, false}, {"1.0", 0, false}, {"1e3", 0, false}, {"1E3", 0, false},
		{`"1"`, 0, false}, {"null", 0, false}, {"true", 0, false}, {"[1]", 0, false}, {"", 0, false},
	}
	for _, tt := range tests {
		got, ok := strictjson.Integer(json.RawMessage(tt.in))
		if ok != tt.ok || ok && got != tt.want {
			t.Errorf("Integer(%s) = %d, %v", tt.in, got, ok)
		}
	}
}

func TestKinds(t *testing.T) {
	if v, ok := strictjson.Bool(json.RawMessage("true")); !v || !ok {
		t.Error("true is not read")
	}
	if v, ok := strictjson.Bool(json.RawMessage("false")); v || !ok {
		t.Error("false is not read")
	}
	for _, in := range []string{`"true"`, "1", "null", "[]", ""} {
		if _, ok := strictjson.Bool(json.RawMessage(in)); ok {
			t.Errorf("Bool accepts %s", in)
		}
	}
	for in, want := range map[string]string{`"a"`: "text", `{}`: "object", `[]`: "array", `1`: "", ``: "", `null`: ""} {
		v := json.RawMessage(in)
		got := map[bool]string{true: "text"}[strictjson.IsText(v)] + map[bool]string{true: "object"}[strictjson.IsObject(v)] +
			map[bool]string{true: "array"}[strictjson.IsArray(v)]
		if got != want {
			t.Errorf("%s is %q, want %q", in, got, want)
		}
	}
}

// The readers of nested values trust ParseObject; they must survive what it
// never returns.
func TestGarbage(t *testing.T) {
	for _, in := range []string{`[`, `{`, `["`, `["\`, `{"a`, `{"a"`, `{"a":`, `{\":1}`, `[1]]`, `[1`, `{]`, `}`, "[\"\xff", `{:}`, `{,}`, `{1:2}`} {
		v := json.RawMessage(in)
		strictjson.Text(v)
		strictjson.Integer(v)
		if items, ok := strictjson.Array(v); ok {
			t.Errorf("Array(%s) = %s", in, items)
		}
		if members, ok := strictjson.Object(v); ok && in != `{,}` {
			t.Errorf("Object(%s) = %v", in, members)
		}
	}
}

func TestDecode(t *testing.T) {
	type file struct {
		Name string `json:"name"`
	}
	var v file
	if err := strictjson.Decode([]byte(`{"name":"a"}`), &v); err != nil || v.Name != "a" {
		t.Errorf("%+v, %v", v, err)
	}
	for _, in := range []string{`{"Name":"a"}`, `{"name":"a","x":1}`, `{"name":"a","name":"b"}`, `{"name":1}`, `{"name":"a"}{}`, "\xef\xbb\xbf{}", ``} {
		if err := strictjson.Decode([]byte(in), &v); err == nil {
			t.Errorf("Decode accepts %s", in)
		}
	}
}

func TestEncode(t *testing.T) {
	v := map[string]any{"b": "<&>", "a": []int{1}}
	got, err := strictjson.Encode(v, false)
	if err != nil || string(got) != `{"a":[1],"b":"<&>"}` {
		t.Errorf("%s, %v", got, err)
	}
	got, err = strictjson.Encode(v, true)
	if err != nil || string(got) != "{\n  \"a\": [\n    1\n  ],\n  \"b\": \"<&>\"\n}" {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := strictjson.Encode(map[string]string{"a": "\xff"}, false); err == nil {
		t.Error("Encode writes invalid UTF-8")
	}
}

func TestCanonical(t *testing.T) {
	raw := json.RawMessage(`{"b": 1.0, "a": "\u0061"}`)
	got, err := strictjson.Canonical(raw)
	if err != nil || string(got) != `{"a":"a","b":1}` {
		t.Errorf("%s, %v", got, err)
	}
	if string(raw) != `{"b": 1.0, "a": "\u0061"}` {
		t.Errorf("its input is now %s", raw)
	}
	if _, err := strictjson.Canonical(json.RawMessage(`{`)); err == nil {
		t.Error("half an object is made canonical")
	}
	if q, err := strictjson.AppendQuote(nil, "a\"\n"); err != nil || string(q) != `"a\"\n"` {
		t.Errorf("%s, %v", q, err)
	}
}
