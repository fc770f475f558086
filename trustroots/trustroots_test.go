package trustroots_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/trustroots"
)

const (
	good      = `{"kty":"OKP","crv":"Ed25519","kid":"2026a","x":"0VfCZjejv7JluC4dpH5qZ-5-qR_9heLm03u4IytWWhk"}`
	other     = `{"kty":"OKP","crv":"Ed25519","kid":"2026b","x":"q_qB03ryfc8Ww3D41RITRk_W_sCeeXMIm6x_Qg6w9q4"}`
	twin      = `{"kty":"OKP","crv":"Ed25519","kid":"2026a","x":"q_qB03ryfc8Ww3D41RITRk_W_sCeeXMIm6x_Qg6w9q4"}`
	lowOrder  = `{"kty":"OKP","crv":"Ed25519","kid":"low","x":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`
	offCurve  = `{"kty":"EC","crv":"P-256","kid":"off","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE","y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"}`
	nameless  = `{"kty":"OKP","crv":"Ed25519","x":"0VfCZjejv7JluC4dpH5qZ-5-qR_9heLm03u4IytWWhk"}`
	encrypts  = `{"kty":"OKP","crv":"Ed25519","kid":"enc","use":"enc","x":"0VfCZjejv7JluC4dpH5qZ-5-qR_9heLm03u4IytWWhk"}`
	private   = `{"kty":"OKP","crv":"Ed25519","kid":"2026a","x":"0VfCZjejv7JluC4dpH5qZ-5-qR_9heLm03u4IytWWhk","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}`
	symmetric = `{"kty":"oct","kid":"2026a","k":"c2VjcmV0"}`
)

var (
	acme      = metadata.MustPublisher("https://acme.example")
	stranger  = metadata.MustPublisher("https://other.example")
	errBroken = errors.New("disk")
)

// file is a pinned file of one publisher.
func file(more string, keys ...string) string {
	return fmt.Sprintf(`{"publishers":{"https://acme.example":{"keys":[%s]%s}}}`, strings.Join(keys, ","), more)
}

func TestParse(t *testing.T) {
	for name, c := range map[string]struct {
		text     string
		kids     []string // that can be used
		warnings int
	}{
		"one key":                   {file("", good), []string{"2026a"}, 0},
		"two keys":                  {file("", good, other), []string{"2026a", "2026b"}, 0},
		"no keys":                   {file(""), nil, 0},
		"K14 low order left out":    {file("", lowOrder, good), []string{"2026a"}, 1},
		"K14 off curve left out":    {file("", offCurve, good), []string{"2026a"}, 1},
		"without kid left out":      {file("", nameless), nil, 1},
		"F5 for encryption only":    {file("", encrypts, good), []string{"2026a"}, 1},
		"an unusable one of a kid":  {file("", `{"kty":"OKP","crv":"Ed25519","kid":"2026a","x":"AA"}`, good), []string{"2026a"}, 1},
		"no key at all but a text":  {file("", `"2026a"`, good), []string{"2026a"}, 1},
		"algorithms and and_lookup": {file(`,"algorithms":["RS256"],"and_lookup":true`, good), []string{"2026a"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			loaded, err := trustroots.Parse([]byte(c.text), "roots.json")
			if err != nil {
				t.Fatal(err)
			}
			root, err := loaded.Set.Root(t.Context(), acme)
			if err != nil || root.Publisher() != acme || root.Origin() != "roots.json" {
				t.Fatalf("root %+v, error %v", root, err)
			}
			for _, kid := range c.kids {
				if key, ok := root.Key(kid); !ok || key.ID() != kid || key.Thumbprint() == "" || !json.Valid(key.JWK()) {
					t.Errorf("key %s: %v", kid, ok)
				}
			}
			for _, kid := range []string{"low", "off", "", "enc", "2026A"} {
				if _, ok := root.Key(kid); ok {
					t.Errorf("key %q is there", kid)
				}
			}
			if len(loaded.Warnings) != c.warnings {
				t.Errorf("warnings %v", loaded.Warnings)
			}
			for _, w := range loaded.Warnings {
				if !strings.Contains(w.String(), "https://acme.example: key ") || w.Publisher != acme {
					t.Errorf("warning %q", w)
				}
			}
			if !strings.HasPrefix(loaded.Digest, "sha256:") || loaded.Set.Len() != 1 {
				t.Errorf("digest %q, %d publishers", loaded.Digest, loaded.Set.Len())
			}
			if strings.Contains(name, "and_lookup") != root.AndLookup() || root.AndLookup() != (len(root.Algorithms()) == 1) {
				t.Errorf("and_lookup %t, algorithms %v", root.AndLookup(), root.Algorithms())
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, says string }{
		"P1 empty":                       {"", "reading roots"},
		"P1 no publishers":               {`{}`, "publishers"},
		"P1 null":                        {`{"publishers":null}`, "publishers"},
		"P1 unknown member":              {`{"publishers":{},"version":1}`, "version"},
		"P1 unknown member of publisher": {file(`,"and_look_up":true`, good), "and_look_up"},
		"F7 folded member":               {file(`,"AND_LOOKUP":true`, good), "AND_LOOKUP"},
		"F7 member twice":                {file(`,"keys":[]`, good), "duplicate"},
		"two objects":                    {file("", good) + "{}", "reading roots"},
		"byte order mark":                {"\ufeff" + file("", good), "reading roots"},
		"not a publisher":                {`{"publishers":{"https://acme.example/":{"keys":[]}}}`, "reading roots"},
		"P4 wildcard":                    {`{"publishers":{"https://*.acme.example":{"keys":[]}}}`, "reading roots"},
		"D31 public suffix":              {`{"publishers":{"https://com":{"keys":[]}}}`, "reading roots"},
		"K5 private key":                 {file("", good, private), "private or symmetric"},
		"K5 symmetric key":               {file("", symmetric), "private or symmetric"},
		"two keys of one kid":            {file("", good, twin), "kid"},
		"one key twice":                  {file("", good, good), "kid"},
		"algorithm that is none":         {file(`,"algorithms":["RS257"]`, good), "RS257"},
		"J1 algorithm none":              {file(`,"algorithms":["none"]`, good), "none"},
		"algorithm HS256":                {file(`,"algorithms":["HS256"]`, good), "HS256"},
		"keys of another type":           {`{"publishers":{"https://acme.example":{"keys":{}}}}`, "reading roots"},
		"too large":                      {file("", good) + strings.Repeat(" ", 1<<20), "1 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			loaded, err := trustroots.Parse([]byte(c.text), "roots.json")
			if err == nil || !strings.Contains(err.Error(), c.says) || loaded.Set != nil {
				t.Errorf("set %v, error %v, want one with %q", loaded.Set, err, c.says)
			}
			if err != nil && (strings.Contains(err.Error(), "nWGxne") || strings.Contains(err.Error(), "c2VjcmV0")) {
				t.Errorf("the error holds the key: %v", err)
			}
		})
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	path := write("good.json", file("", good))
	loaded, err := trustroots.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if root, err := loaded.Set.Root(t.Context(), acme); err != nil || root.Origin() != path {
		t.Errorf("%v, %v", root, err)
	}
	for name, path := range map[string]string{
		"not there": filepath.Join(dir, "none"), "directory": dir, "large": write("large.json", strings.Repeat(" ", 1<<20+1)),
	} {
		if loaded, err := trustroots.Load(path); err == nil || loaded.Set != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type source func() (*trustroots.Root, error)

func (s source) Root(context.Context, metadata.Publisher) (*trustroots.Root, error) { return s() }

// The first source that knows answers. One that cannot be read ends the search:
// what it would have said must not be passed over.
func TestUnion(t *testing.T) {
	loaded, err := trustroots.Parse([]byte(file("", good)), "first")
	if err != nil {
		t.Fatal(err)
	}
	second, err := trustroots.Parse([]byte(strings.ReplaceAll(file("", twin), "}}}", `},"https://other.example":{"keys":[]}}}`)), "second")
	if err != nil {
		t.Fatal(err)
	}
	broken := source(func() (*trustroots.Root, error) { return nil, errBroken })
	unknown := source(func() (*trustroots.Root, error) { return nil, fmt.Errorf("x: %w", trustroots.ErrUnknown) })
	for name, c := range map[string]struct {
		union     trustroots.Union
		publisher metadata.Publisher
		origin    string
		err       error
	}{
		"first that knows":       {trustroots.Union{loaded.Set, second.Set}, acme, "first", nil},
		"second where first not": {trustroots.Union{loaded.Set, second.Set}, stranger, "second", nil},
		"nobody knows":           {trustroots.Union{unknown, loaded.Set}, stranger, "", trustroots.ErrUnknown},
		"none at all":            {nil, acme, "", trustroots.ErrUnknown},
		"D8 broken before":       {trustroots.Union{broken, loaded.Set}, acme, "", errBroken},
		"broken behind":          {trustroots.Union{loaded.Set, broken}, acme, "first", nil},
		"unknown before":         {trustroots.Union{unknown, loaded.Set}, acme, "first", nil},
		"nil set":                {trustroots.Union{(*trustroots.Set)(nil)}, acme, "", trustroots.ErrUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			root, err := c.union.Root(t.Context(), c.publisher)
			if !errors.Is(err, c.err) || (err == nil) != (c.err == nil) {
				t.Fatalf("error %v", err)
			}
			if err == nil && root.Origin() != c.origin {
				t.Errorf("answered by %s", root.Origin())
			}
			if errors.Is(c.err, errBroken) && errors.Is(err, trustroots.ErrUnknown) {
				t.Error("a source that cannot be read counts as one that does not know")
			}
		})
	}
}

// A key is found by its kid and by nothing else, and its alg enables nothing.
func TestRootKey(t *testing.T) {
	root, warnings, err := trustroots.NewRoot(trustroots.RootConfig{Publisher: acme, Keys: []json.RawMessage{
		json.RawMessage(strings.Replace(good, `"kid"`, `"alg":"EdDSA","kid"`, 1))}})
	if err != nil || len(warnings) != 0 {
		t.Fatal(err, warnings)
	}
	if len(root.Algorithms()) != 0 || root.AndLookup() {
		t.Errorf("algorithms %v", root.Algorithms())
	}
	if key, ok := root.Key("2026b"); ok || key != nil {
		t.Errorf("J37 another key: %v", key)
	}
	var zero trustroots.Root
	if _, ok := zero.Key(""); ok || zero.AndLookup() || !zero.Publisher().IsZero() {
		t.Error("the zero root has keys")
	}
}
