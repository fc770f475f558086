package jose

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/internal/limits"
)

func TestParseKeys(t *testing.T) {
	a, b := edSigner(t, 'a').Key, signerOf(t, "2026b", edSigner(t, 'b').Signer).Key
	exposed := string(edit(t, b.JWK(), map[string]any{"d": "AA"}))
	weak := string(okp(smallOrderEncodings(t)[0]))
	set := func(items ...string) string { return `{"keys":[` + strings.Join(items, ",") + `]}` }
	tests := []struct {
		name     string
		raw      string
		keys     []string // kid
		problems []string // index, kid, reason
		err      string   // part of the text
	}{
		{"none", set(), nil, nil, ""},
		{"two", set(string(a.JWK()), string(b.JWK())), []string{"2026a", "2026b"}, nil, ""},
		{"K5 one exposed", set(string(a.JWK()), exposed), []string{"2026a"}, []string{"1 2026b key_exposed"}, ""},
		{"J69 one weak", set(weak, string(b.JWK())), []string{"2026b"}, []string{"0 2026a key_unusable"}, ""},
		{"one kid for two keys", set(string(a.JWK()), string(a.JWK()), string(b.JWK())), []string{"2026b"}, []string{"0 2026a key_unusable", "1 2026a key_unusable"}, ""},
		{"one kid, one of them exposed", set(exposed, string(b.JWK())), nil, []string{"0 2026b key_exposed", "1 2026b key_unusable"}, ""},
		{"one kid, one of them weak", set(weak, string(a.JWK())), nil, []string{"0 2026a key_unusable", "1 2026a key_unusable"}, ""},
		{"not objects", set("1", "null", `"x"`), nil, []string{"0  key_unusable", "1  key_unusable", "2  key_unusable"}, ""},
		{"kid malformed", set(`{"kid":"a b"}`), nil, []string{"0  key_unusable"}, ""},
		{"several without kid", set(`{}`, `{"kid":1}`, string(a.JWK())), []string{"2026a"}, []string{"0  key_unusable", "1  key_unusable"}, ""},
		{"other members", `{"x":1,"keys":[]}`, nil, nil, ""},
		{"K1 64 keys", set(slices.Repeat([]string{"1"}, limits.Keys)...), nil, slices.Collect(func(yield func(string) bool) {
			for i := range limits.Keys {
				yield(strconv.Itoa(i) + "  key_unusable")
			}
		}), ""},
		{"K1 65 keys", set(slices.Repeat([]string{string(a.JWK())}, limits.Keys+1)...), nil, nil, "65 keys, and at most 64"},
		{"keys missing", `{"Keys":[]}`, nil, nil, "no member keys"},
		{"keys twice", `{"keys":[],"keys":[]}`, nil, nil, "duplicate"},
		{"keys an object", `{"keys":{}}`, nil, nil, "not an array"},
		{"not JSON", `keys`, nil, nil, "reading JSON"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			keys, problems, err := ParseKeys(json.RawMessage(tt.raw))
			if text := fmt.Sprint(err); (err == nil) != (tt.err == "") || !strings.Contains(text, tt.err) {
				t.Fatalf("error %v, want %q", err, tt.err)
			}
			var kids, texts []string
			for _, k := range keys {
				kids = append(kids, k.ID())
			}
			for _, p := range problems {
				texts = append(texts, strconv.Itoa(p.Index)+" "+p.KeyID+" "+string(p.Err.Reason))
			}
			if diff := cmp.Diff(tt.keys, kids); diff != "" {
				t.Errorf("keys (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.problems, texts); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}
