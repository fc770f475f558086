package metadata_test

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/metadata"
)

// baseClaims are those of a good release statement.
func baseClaims() map[string]string {
	return map[string]string{
		"iss": `"https://acme.example"`, "iat": "1767225600", "exp": "1774915200", "jti": `"s1"`,
		"software_id": `"acme-agent"`, "client_name": `"Acme Agent"`, "redirect_uris": `["https://acme.example/callback"]`,
	}
}

// object writes members, given as JSON, in the order of their names; an empty
// value leaves its member out.
func object(base map[string]string, changes ...string) []byte {
	base = maps.Clone(base)
	for i := 0; i < len(changes); i += 2 {
		base[changes[i]] = changes[i+1]
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(base)) {
		if base[name] != "" {
			quoted, _ := json.Marshal(name) //nolint:errcheck // a string
			b.WriteString("," + string(quoted) + ":" + base[name])
		}
	}
	return []byte("{" + strings.TrimPrefix(b.String(), ",") + "}")
}

// defects returns "reason member" of each defect.
func defects(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var list metadata.Defects
	if !errors.As(err, &list) || len(list) == 0 {
		t.Fatalf("%v (%T) is no list of defects", err, err)
	}
	var names []string
	for _, d := range list {
		names = append(names, strings.TrimSpace(string(d.Reason)+" "+d.Member))
		if len(d.Detail) > 600 {
			t.Errorf("a detail of %d bytes", len(d.Detail))
		}
	}
	return names
}

func TestParseStatementDefects(t *testing.T) {
	const privateKey = `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA","d":"AA"}]}`
	tests := []struct {
		name    string
		changes []string
		want    []string
	}{
		{"good", nil, nil},
		{"J48 exp missing", []string{"exp", ""}, []string{"claim_missing exp"}},
		{"iat missing", []string{"iat", ""}, []string{"claim_missing iat"}},
		{"jti missing", []string{"jti", ""}, []string{"claim_missing jti"}},
		{"jti empty", []string{"jti", `""`}, []string{"claim_missing jti"}},
		{"jti of 10 KB", []string{"jti", `"` + strings.Repeat("a", 10000) + `"`}, []string{"claim_malformed jti"}},
		{"jti of 256 bytes", []string{"jti", `"` + strings.Repeat("a", 256) + `"`}, nil},
		{"jti of 257 bytes", []string{"jti", `"` + strings.Repeat("a", 257) + `"`}, []string{"claim_malformed jti"}},
		{"jti number", []string{"jti", "1"}, []string{"claim_malformed jti"}},
		{"iss missing", []string{"iss", ""}, []string{"publisher_missing iss"}},
		{"iss null", []string{"iss", "null"}, []string{"publisher_malformed iss"}},
		{"iss array", []string{"iss", `["https://acme.example"]`}, []string{"publisher_malformed iss"}},
		{"iss empty", []string{"iss", `""`}, []string{"publisher_malformed iss"}},
		{"iss with a slash", []string{"iss", `"https://acme.example/"`}, []string{"publisher_malformed iss"}},
		{"J71 iss not ASCII", []string{"iss", `"https://äcme.example"`}, []string{"publisher_malformed iss"}},
		{"J27 iss with NUL is another member", []string{"iss", "", "iss\x00", `"https://acme.example"`}, []string{"publisher_missing iss"}},
		{"J27 iss with NUL beside iss", []string{"iss\x00", `"https://evil.example"`}, nil},
		{"J26 Iss is another member", []string{"iss", "", "Iss", `"https://acme.example"`}, []string{"publisher_missing iss"}},
		{"J26 long s folds to s", []string{"iss", "", "i\u017fs", `"https://acme.example"`}, []string{"publisher_missing iss"}},
		{"software_id missing", []string{"software_id", ""}, []string{"claim_missing software_id"}},
		{"software_id empty", []string{"software_id", `""`}, []string{"claim_missing software_id"}},
		{"client_name missing", []string{"client_name", ""}, []string{"claim_missing client_name"}},
		{"J72 redirect_uris missing", []string{"redirect_uris", ""}, []string{"claim_missing redirect_uris"}},
		{"J72 redirect_uris empty", []string{"redirect_uris", "[]"}, []string{"claim_missing redirect_uris"}},
		{"J72 redirect_uris not needed", []string{"redirect_uris", "", "grant_types", `["client_credentials"]`}, nil},
		{"R12 redirect_uris string", []string{"redirect_uris", `"https://acme.example/cb"`}, []string{"claim_malformed redirect_uris"}},
		{"R12 redirect_uris with null", []string{"redirect_uris", `["https://acme.example/cb",null]`}, []string{"claim_malformed redirect_uris"}},
		{"all that is wrong", []string{"exp", "", "scope", "1", "trust", "{}", "iss", ""},
			[]string{"claim_malformed scope", "publisher_missing iss", "claim_missing exp", "claim_forbidden trust"}},

		{"instance statement", []string{"cnf", `{"jkt":"x"}`, "client_name", "", "redirect_uris", ""}, nil},
		{"cnf null", []string{"cnf", "null"}, []string{"claim_malformed cnf"}},
		{"cnf string", []string{"cnf", `"x"`}, []string{"claim_malformed cnf"}},

		{"J54 aud empty", []string{"aud", `""`}, []string{"claim_malformed aud"}},
		{"J54 aud of none", []string{"aud", "[]"}, []string{"claim_malformed aud"}},
		{"J54 aud of two", []string{"aud", `["https://as.example","https://b.example"]`}, []string{"claim_malformed aud"}},
		{"J54 aud twice the same", []string{"aud", `["https://as.example","https://as.example"]`}, []string{"claim_malformed aud"}},
		{"J54 aud of many", []string{"aud", "[" + strings.Repeat(`"a",`, 9999) + `"a"]`}, []string{"claim_malformed aud"}},
		{"J55 aud of one empty", []string{"aud", `[""]`}, []string{"claim_malformed aud"}},
		{"J55 aud nested", []string{"aud", `[["https://as.example"]]`}, []string{"claim_malformed aud"}},
		{"J55 aud null", []string{"aud", "null"}, []string{"claim_malformed aud"}},
		{"J55 aud number", []string{"aud", "7"}, []string{"claim_malformed aud"}},
		{"J55 aud object", []string{"aud", "{}"}, []string{"claim_malformed aud"}},

		{"J61 nested statement", []string{"software_statement", `"a.b.c"`}, []string{"claim_forbidden software_statement"}},
		{"J61 nested statement, empty", []string{"software_statement", `""`}, []string{"claim_forbidden software_statement"}},
		{"J61 nested statement, number", []string{"software_statement", "1"}, []string{"claim_forbidden software_statement"}},
		{"J61 nested statement, null", []string{"software_statement", "null"}, []string{"claim_forbidden software_statement"}},
		{"J73 client_secret", []string{"client_secret", `"x"`}, []string{"claim_forbidden client_secret"}},
		{"J73 client_secret null", []string{"client_secret", "null"}, []string{"claim_forbidden client_secret"}},
		{"J73 registration_access_token", []string{"registration_access_token", `"x"`}, []string{"claim_forbidden registration_access_token"}},
		{"J73 private key", []string{"jwks", privateKey}, []string{"claim_forbidden jwks"}},
		{"J73 private key, escaped name", []string{"jwks", strings.Replace(privateKey, `"d"`, `"\u0064"`, 1)}, []string{"claim_forbidden jwks"}},
		{"J73 private key in second place", []string{"jwks", `{"x":1,"keys":[{"kty":"OKP"},{"kty":"RSA","p":"AA"}]}`}, []string{"claim_forbidden jwks"}},
		{"J73 private key of ML-DSA", []string{"jwks", `{"keys":[{"kty":"AKP","pub":"AA","priv":"AA"}]}`}, []string{"claim_forbidden jwks"}},
		{"J73 symmetric key", []string{"jwks", `{"keys":[{"kty":"oct","k":"AA"}]}`}, []string{"claim_forbidden jwks"}},
		{"public key", []string{"jwks", `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA","note":"d"}]}`}, nil},
		{"trust", []string{"trust", `{"tier":"accepted"}`}, []string{"claim_forbidden trust"}},
		{"limits", []string{"limits", "1"}, []string{"claim_forbidden limits"}},

		{"J47 exp not after iat", []string{"exp", "1767225600"}, []string{"statement_malformed exp"}},
		{"J47 exp before iat", []string{"exp", "1767225599"}, []string{"statement_malformed exp"}},
		{"J47 earliest and latest", []string{"iat", "1420070400", "exp", "4102444799"}, nil},
	}
	for _, value := range []string{`"1767225600"`, "true", "null", "[1767225600]", "{}", "-1", "-0", "0", "1", "1767225600.5", "1767225600.0", "1.7672256e9",
		"1e3", "1420070399", "4102444800", "9007199254740993", "9223372036854775807", "9223372036854775808", "1e400", "1767225600000"} {
		for _, name := range []string{"iat", "exp", "nbf"} {
			tests = append(tests, struct {
				name    string
				changes []string
				want    []string
			}{"J47 " + name + " " + value, []string{name, value}, []string{"statement_malformed " + name}})
		}
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := metadata.ParseStatement(object(baseClaims(), tt.changes...))
			got := defects(t, err)
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("defects (-want +got):\n%s", d)
			}
			if err != nil && !cmp.Equal(s, metadata.Statement{}, cmp.AllowUnexported(metadata.Publisher{})) {
				t.Errorf("not zero with an error: %+v", s)
			}
		})
	}
}

func TestParseStatementForm(t *testing.T) {
	good := string(object(baseClaims()))
	open := strings.TrimSuffix(good, "}")
	tests := []struct{ name, payload string }{
		{"J25 duplicate claim", open + `,"iss":"https://evil.example"}`},
		{"J25 duplicate claim, escaped", open + `,"\u0069ss":"https://evil.example"}`},
		{"J44 17 levels", open + `,"x":` + strings.Repeat("[", 16) + strings.Repeat("]", 16) + "}"},
		{"J42 byte order mark", "\xef\xbb\xbf" + good},
		{"F7 lone surrogate", open + `,"x":"\ud800"}`},
		{"F7 invalid UTF-8", open + ",\"x\":\"\xff\"}"},
		{"F7 second object", good + "{}"},
		{"array", "[" + good + "]"},
		{"string", `"x"`},
		{"null", "null"},
		{"empty", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := metadata.ParseStatement([]byte(tt.payload))
			if d := cmp.Diff([]string{"statement_malformed"}, defects(t, err)); d != "" {
				t.Errorf("defects (-want +got):\n%s", d)
			}
		})
	}
	if _, err := metadata.ParseStatement([]byte(open + `,"x":` + strings.Repeat("[", 15) + strings.Repeat("]", 15) + "}")); err != nil {
		t.Errorf("J44 16 levels: %v", err)
	}
}

// A publisher reads in the error what to mend.
func TestStatementSaysWhy(t *testing.T) {
	for _, tt := range []struct{ name, value, want string }{
		{"iss", "7", "publisher_malformed: iss: not a string"},
		{"iss", `"acme.example"`, `publisher_malformed: iss: "acme.example" is no https origin`},
		{"iss", "", "publisher_missing: iss: RFC 7591, Section 2.3 requires it"},
		{"jti", "7", "claim_malformed: jti: not a string of at most 256 bytes"},
		{"aud", "[]", "claim_malformed: aud: not exactly one non-empty string"},
		{"exp", "1", "statement_malformed: exp: not an integer from 1420070400 to 4102444799"},
		{"exp", "", "claim_missing: exp: required"},
	} {
		_, err := metadata.ParseStatement(object(baseClaims(), tt.name, tt.value))
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s %s: %v, want %s", tt.name, tt.value, err, tt.want)
		}
	}
}

func TestParseStatement(t *testing.T) {
	s, err := metadata.ParseStatement(object(baseClaims(), "nbf", "1767225601", "aud", `["https://as.example"]`, "cnf", `{"jkt":"x"}`,
		"client_name#de", `"Acme-Agent"`, "x_build", `{"n": 1}`, "sub", `"y"`, "dpop_bound_access_tokens", "true"))
	if err != nil {
		t.Fatal(err)
	}
	want := metadata.Statement{
		Publisher: metadata.MustPublisher("https://acme.example"), IssuedAt: 1767225600, ExpiresAt: 1774915200, NotBefore: 1767225601,
		ID: "s1", Audience: "https://as.example", Confirmation: json.RawMessage(`{"jkt":"x"}`),
		Client: metadata.Client{ClientName: "Acme Agent", SoftwareID: "acme-agent", RedirectURIs: []string{"https://acme.example/callback"},
			More: map[string]json.RawMessage{"client_name#de": json.RawMessage(`"Acme-Agent"`), "x_build": json.RawMessage(`{"n": 1}`),
				"sub": json.RawMessage(`"y"`), "dpop_bound_access_tokens": json.RawMessage("true")}},
	}
	if d := cmp.Diff(want, s, cmp.AllowUnexported(metadata.Publisher{})); d != "" {
		t.Errorf("statement (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{"sub", "x_build"}, s.Client.Unregistered()); d != "" {
		t.Errorf("unknown claims (-want +got):\n%s", d)
	}
	printed, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	again, err := metadata.ParseStatement(printed)
	if err != nil {
		t.Fatalf("%s: %v", printed, err)
	}
	if again.Client.More["x_build"] == nil {
		t.Errorf("an unknown claim does not survive: %s", printed)
	}
}
