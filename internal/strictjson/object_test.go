package strictjson_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/strictjson"
)

const depth = 16

func TestParseObject(t *testing.T) {
	data := "\n{ \"b\" : [1, {\"c\":\"}\"}],\t\"a\\u0062\":\"\\\"x\", \"n\":-1.5e3,\"z\":null } \r\n"
	got, err := strictjson.ParseObject([]byte(data), depth)
	if err != nil {
		t.Fatal(err)
	}
	want := []strictjson.Member{
		{Name: "b", Value: json.RawMessage(`[1, {"c":"}"}]`)},
		{Name: "ab", Value: json.RawMessage(`"\"x"`)},
		{Name: "n", Value: json.RawMessage(`-1.5e3`)},
		{Name: "z", Value: json.RawMessage(`null`)},
	}
	if d := cmp.Diff(want, got, cmpopts.IgnoreUnexported(strictjson.Member{})); d != "" {
		t.Errorf("members (-want +got):\n%s", d)
	}
	if empty, err := strictjson.ParseObject([]byte("{}"), depth); err != nil || empty == nil || len(empty) != 0 {
		t.Errorf("{} gives %v, %v", empty, err)
	}
}

func TestMemberText(t *testing.T) {
	data := ` { "é\u0062" : "ü" , "b":"", "c": "x\"\u00e9" ,"d":[ "y" ],"e":null,"f":{"g":"z"} , "h" :"last"} `
	members, err := strictjson.ParseObject([]byte(data), depth)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range append(members, strictjson.Member{Name: "made", Value: json.RawMessage(`"by hand"`)}) {
		want, isText := strictjson.Text(m.Value)
		if got, ok := m.Text(); got != want || ok != isText {
			t.Errorf("%s: %q, %v, want %q, %v", m.Name, got, ok, want, isText)
		}
	}
}

// Texts of a member are those of its value, whether they are sliced or copied.
func TestMemberTexts(t *testing.T) {
	data := `{"a":[],"b":[ ],"c":["x"],"d":[ "x" ,"" , "ü"],"e":["x","y\"\u00e9,"],"f":["x",1],"g":[["x"]],"h":[null],"i":"x","j":{"k":"x"},` +
		`"l":["a,b","[c]","{\"d\":0}"],"m":[true],"n":["x",{"o":"y"}],"p":[",","]"]}`
	members, err := strictjson.ParseObject([]byte(data), depth)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range append(members, strictjson.Member{Name: "made", Value: json.RawMessage(`["by hand"]`)}) {
		want, isTexts := strictjson.Texts(m.Value)
		got, ok := m.Texts()
		if ok != isTexts {
			t.Errorf("%s: %v, want %v", m.Name, ok, isTexts)
		}
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s (-want +got):\n%s", m.Name, d)
		}
	}
}

func TestParseObjectRefuses(t *testing.T) {
	tests := []struct{ name, data string }{
		{"F7 duplicate name", `{"a":1,"a":2}`},
		{"J25 duplicate name, one escaped", `{"alg":1,"\u0061lg":2}`},
		{"J25 duplicate name, other escape", `{"a\/b":1,"a/b":2}`},
		{"F7 duplicate name in a nested object", `{"x":[{"a":1,"\u0061":2}]}`},
		{"J42 byte order mark", "\xef\xbb\xbf{}"},
		{"J42 UTF-16", "{\x00}\x00"},
		{"F7 lone high surrogate", `{"a":"\ud800"}`},
		{"F7 lone low surrogate", `{"a":"\udc00x"}`},
		{"F7 surrogates the wrong way round", `{"a":"\udc00\ud800"}`},
		{"F7 lone surrogate in a name", `{"\ud800":1}`},
		{"F7 invalid UTF-8", "{\"a\":\"\xff\"}"},
		{"F7 overlong UTF-8", "{\"a\":\"\xc0\xaf\"}"},
		{"F7 surrogate in UTF-8", "{\"a\":\"\xed\xa0\x80\"}"},
		{"F7 two objects", `{}{}`},
		{"F7 text after", `{} x`},
		{"F7 NUL after", "{}\x00"},
		{"F7 comma after", `{},`},
		{"control character in a string", "{\"a\":\"\x01\"}"},
		{"line feed in a string", "{\"a\":\"\n\"}"},
		{"NUL in a name", "{\"a\x00\":1}"},
		{"U21 comment", "{/* */}"},
		{"U21 trailing comma", `{"a":1,}`},
		{"U21 single quotes", `{'a':1}`},
		{"U21 JSONP", `f({})`},
		{"U21 page", `<html>{}</html>`},
		{"no-break space before", "\u00a0{}"},
		{"form feed before", "\f{}"},
		{"name is a number", `{1:2}`},
		{"name is null", `{null:2}`},
		{"no colon", `{"a" 1}`},
		{"no value", `{"a":}`},
		{"leading zero", `{"a":01}`},
		{"plus sign", `{"a":+1}`},
		{"no digits after the point", `{"a":1.}`},
		{"NaN", `{"a":NaN}`},
		{"hexadecimal", `{"a":0x1}`},
		{"unfinished", `{"a":1`},
		{"unfinished string", `{"a":"`},
		{"unfinished escape", `{"a":"\`},
		{"wrong closer", `{"a":[}`},
		{"empty", ``},
		{"white space", " \n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			members, err := strictjson.ParseObject([]byte(tt.data), depth)
			if err == nil || members != nil {
				t.Errorf("accepted %q as %v, %v", tt.data, members, err)
			}
		})
	}
}

func TestParseObjectOtherValues(t *testing.T) {
	for _, data := range []string{`[]`, `"x"`, `1`, `true`, `null`, `[{}]`} {
		if _, err := strictjson.ParseObject([]byte(data), depth); !errors.Is(err, strictjson.ErrNotObject) {
			t.Errorf("%s: %v, want ErrNotObject", data, err)
		}
	}
	if _, err := strictjson.ParseObject([]byte(`[1,]`), depth); err == nil || errors.Is(err, strictjson.ErrNotObject) {
		t.Errorf("a broken array: %v, want a syntax error", err)
	}
}

func TestErrorsRepeatLittle(t *testing.T) {
	secret := strings.Repeat("secret", 1000)
	tests := []string{
		`{"` + secret + `":1,"` + secret + `":2}`,
		`{"` + secret + `":{"` + secret + `":nope}}`,
		`{"` + secret + `"` + secret + `}`,
	}
	for _, data := range tests {
		_, err := strictjson.ParseObject([]byte(data), depth)
		if err == nil || len(err.Error()) > 300 || strings.Contains(err.Error(), "secretsecret") {
			t.Errorf("error is %.400v", err)
		}
	}
	var v struct{ A int }
	err := strictjson.Decode([]byte(`{"`+secret+`":1}`), &v)
	if err == nil || len(err.Error()) > 300 {
		t.Errorf("error of Decode is %.400v", err)
	}
}

func TestDepth(t *testing.T) {
	nest := func(open, close string, levels int) string {
		return `{"a":` + strings.Repeat(open, levels-1) + "0" + strings.Repeat(close, levels-1) + "}"
	}
	for _, form := range [][2]string{{"[", "]"}, {`{"a":`, "}"}} {
		if _, err := strictjson.ParseObject([]byte(nest(form[0], form[1], 16)), depth); err != nil {
			t.Errorf("16 levels of %s: %v", form[0], err)
		}
		if _, err := strictjson.ParseObject([]byte(nest(form[0], form[1], 17)), depth); !errors.Is(err, strictjson.ErrTooDeep) {
			t.Errorf("17 levels of %s: %v, want ErrTooDeep", form[0], err)
		}
	}
	for _, text := range []string{`{"a":"[[[[[[[[[[[[[[[[[["}`, `{"a":"\"[[[[[[[[[[[[[[[[[["}`, `{"a":"\\","b":"[[[[[[[[[[[[[[[[[["}`} {
		if _, err := strictjson.ParseObject([]byte(text), depth); err != nil {
			t.Errorf("brackets inside a string %s: %v", text, err)
		}
	}
	var v any
	if err := strictjson.Decode([]byte(nest("[", "]", 17)), &v); !errors.Is(err, strictjson.ErrTooDeep) {
		t.Errorf("Decode of 17 levels: %v, want ErrTooDeep", err)
	}
}

func TestCost(t *testing.T) {
	var many bytes.Buffer
	many.WriteString(`{"a":0`)
	for i := range 100000 {
		many.WriteString(`,"` + strings.Repeat("a", 1+i%7) + string(rune('a'+i%26)) + time.Duration(i).String() + `":0`)
	}
	many.WriteString("}")
	tests := []struct {
		name, data string
		ok         bool
	}{
		{"J44 a million open arrays", strings.Repeat("[", 1000000), false},
		{"J44 a million open objects", strings.Repeat(`{"a":`, 1000000), false},
		{"J44 a million nested arrays", `{"a":` + strings.Repeat("[", 1000000) + strings.Repeat("]", 1000000) + "}", false},
		{"J46 a number of a million digits", `{"a":` + strings.Repeat("9", 1000000) + "}", true},
		{"J46 a large exponent", `{"a":1E+2147483647,"b":1e400,"c":-1e400}`, true},
		{"J46 many names", many.String(), false},
		{"a million quotes", strings.Repeat(`"`, 1000000), false},
		{"a million backslashes", `{"a":"` + strings.Repeat(`\`, 1000000) + `"}`, true},
		{"quotes after backslashes", `{"a":"` + strings.Repeat(`\"`, 500000) + `"}`, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Now() //nolint:forbidigo // a bound on cost, far above what is measured
			_, err := strictjson.ParseObject([]byte(tt.data), depth)
			if (err == nil) != tt.ok {
				t.Errorf("error %v, want accepted %v", err, tt.ok)
			}
			if d := time.Since(start); d > 2*time.Second {
				t.Errorf("took %v", d)
			}
		})
	}
}

// FuzzParseObject holds ParseObject to the standard library: what it accepts is
// valid JSON, and its members are those that encoding/json reads.
func FuzzParseObject(f *testing.F) {
	for _, seed := range []string{payload, `{}`, `{"a":"\"\\","b":[1,{"c":"]"},[]],"\u0061b":{"x":null}}`, `{"a":1,"\u0061":2}`, "\xef\xbb\xbf{}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		members, err := strictjson.ParseObject(data, depth)
		if err != nil {
			return
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatalf("encoding/json refuses %q: %v", data, err)
		}
		if len(want) != len(members) {
			t.Fatalf("%d members of %q, want %d", len(members), data, len(want))
		}
		for _, m := range members {
			if !bytes.Equal(want[m.Name], m.Value) {
				t.Errorf("%q is %s, want %s", m.Name, m.Value, want[m.Name])
			}
			checkSplit(t, m.Value)
		}
	})
}

func checkSplit(t *testing.T, v json.RawMessage) {
	if items, ok := strictjson.Array(v); ok {
		var want []json.RawMessage
		if err := json.Unmarshal(v, &want); err != nil || len(want) != len(items) {
			t.Fatalf("%d elements of %s, want %d (%v)", len(items), v, len(want), err)
		}
		for i, item := range items {
			if !bytes.Equal(item, want[i]) {
				t.Errorf("element %d of %s is %s, want %s", i, v, item, want[i])
			}
			checkSplit(t, item)
		}
	}
	if members, ok := strictjson.Object(v); ok {
		want, err := strictjson.ParseObject(v, depth)
		if err != nil {
			t.Fatalf("%s: %v", v, err)
		}
		if d := cmp.Diff(want, members, cmpopts.IgnoreUnexported(strictjson.Member{})); d != "" {
			t.Errorf("members of %s (-want +got):\n%s", v, d)
		}
	}
}

func TestParseObjectBoundsMembers(t *testing.T) {
	object := func(n int) []byte {
		var b strings.Builder
		b.WriteByte('{')
		for i := range n {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, "\"m%d\":0", i)
		}
		b.WriteByte('}')
		return []byte(b.String())
	}
	if members, err := strictjson.ParseObject(object(limits.JSONMembers), 1); err != nil || len(members) != limits.JSONMembers {
		t.Errorf("%d members, %v", len(members), err)
	}
	if _, err := strictjson.ParseObject(object(limits.JSONMembers+1), 1); !errors.Is(err, strictjson.ErrTooManyMembers) {
		t.Errorf("got %v", err)
	}
}
