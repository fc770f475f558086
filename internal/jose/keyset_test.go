package jose

import (
	"encoding/json"
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
		fails    bool
	}{
		{"none", set(), nil, nil, false},
		{"two", set(string(a.JWK()), string(b.JWK())), []string{"2026a", "2026b"}, nil, false},
		{"K5 one exposed", set(string(a.JWK()), exposed), []string{"2026a"}, []string{"1 2026b key_exposed"}, false},
		{"J69 one weak", set(weak, string(b.JWK())), []string{"2026b"}, []string{"0 2026a key_unusable"}, false},
		{"one kid for two keys", set(string(a.JWK()), string(a.JWK()), string(b.JWK())), []string{"2026b"}, []string{"0 2026a key_unusable", "1 2026a key_unusable"}, false},
		{"one kid, one of them weak", set(weak, string(a.JWK())), nil, []string{"0 2026a key_unusable", "1 2026a key_unusable"}, false},
		{"not objects", set("1", "null", `"x"`), nil, []string{"0  key_unusable", "1  key_unusable", "2  key_unusable"}, false},
		{"kid malformed", set(`{"kid":"a b"}`), nil, []string{"0  key_unusable"}, false},
		{"other members", `{"x":1,"keys":[]}`, nil, nil, false},
		{"K1 64 keys", set(slices.Repeat([]string{"1"}, limits.Keys)...), nil, slices.Collect(func(yield func(string) bool) {
			for i := range limits.Keys {
				yield(strconv.Itoa(i) + "  key_unusable")
			}
		}), false},
		{"K1 65 keys", set(slices.Repeat([]string{string(a.JWK())}, limits.Keys+1)...), nil, nil, true},
		{"keys missing", `{"Keys":[]}`, nil, nil, true},
		{"keys twice", `{"keys":[],"keys":[]}`, nil, nil, true},
		{"keys an object", `{"keys":{}}`, nil, nil, true},
		{"not JSON", `keys`, nil, nil, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			keys, problems, err := ParseKeys(json.RawMessage(tt.raw))
			if (err != nil) != tt.fails {
				t.Fatalf("error %v", err)
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
