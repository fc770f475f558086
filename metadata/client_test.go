package metadata_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/metadata"
)

// jsonValues are one value of each JSON type and the member types they fit.
var jsonValues = []struct {
	name, value string
	fits        []string
}{
	{"null", "null", nil},
	{"true", "true", []string{"bool"}},
	{"false", "false", []string{"bool"}},
	{"integer", "7", []string{"integer"}},
	{"fraction", "7.5", nil},
	{"string", `"x"`, []string{"text"}},
	{"array", "[1]", nil},
	{"array of strings", `["x"]`, []string{"texts"}},
	{"object", "{}", []string{"object"}},
}

func TestMemberTypes(t *testing.T) {
	kinds := metadata.RegisteredKinds()
	if len(kinds) < 40 {
		t.Fatalf("only %d registered members", len(kinds))
	}
	id := mustClientID(t, "https://acme.example/client.json")
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		for _, v := range jsonValues {
			t.Run("O24 "+name+" "+v.name, func(t *testing.T) {
				data := object(map[string]string{}, name, v.value)
				fits := slices.Contains(v.fits, kinds[name])
				_, err := metadata.ParseClient(data)
				if got := reported(err, name); got == fits {
					t.Errorf("ParseClient of %s: %v, want reported %v", data, err, !fits)
				}
				if _, err := metadata.ParseDocument(object(baseDocument(), name, v.value), id); !fits && !reported(err, name) {
					t.Errorf("ParseDocument: %v does not name the member", err)
				}
				if _, err := metadata.ParseStatement(object(baseClaims(), name, v.value)); !fits && !reported(err, name) {
					t.Errorf("ParseStatement: %v does not name the member", err)
				}
			})
		}
	}
}

// reported says whether a defect of err is about the member.
func reported(err error, member string) bool {
	list, _ := err.(metadata.Defects) //nolint:errorlint // returned unwrapped
	return slices.ContainsFunc(list, func(d *metadata.ReasonError) bool { return d.Member == member })
}

func TestParseClientDefects(t *testing.T) {
	tests := []struct {
		name, data string
		want       []string
	}{
		{"empty object", "{}", nil},
		{"J60 statement null", `{"software_statement":null}`, []string{"statement_not_a_string software_statement"}},
		{"J60 statement empty", `{"software_statement":""}`, []string{"statement_not_a_string software_statement"}},
		{"J60 statement number", `{"software_statement":1}`, []string{"statement_not_a_string software_statement"}},
		{"J60 statement object", `{"software_statement":{}}`, []string{"statement_not_a_string software_statement"}},
		{"J60 statement array", `{"software_statement":["a.b.c","d.e.f"]}`, []string{"statement_not_a_string software_statement"}},
		{"J60 statement absent", `{"client_name":"x"}`, nil},
		{"J61 two statements", `{"software_statement":"a","software_statement":"b"}`, []string{"request_not_json"}},
		{"J61 two statements, escaped", `{"software_statement":"a","software\u005fstatement":"b"}`, []string{"request_not_json"}},
		{"R12 redirect_uris string", `{"redirect_uris":"https://a.example/cb"}`, []string{"redirect_uri_malformed redirect_uris"}},
		{"R12 redirect_uris with null", `{"redirect_uris":[null]}`, []string{"redirect_uri_malformed redirect_uris"}},
		{"R12 redirect_uris with an object", `{"redirect_uris":[{}]}`, []string{"redirect_uri_malformed redirect_uris"}},
		{"R12 redirect_uris with a number", `{"redirect_uris":[1]}`, []string{"redirect_uri_malformed redirect_uris"}},
		{"O8 scope array", `{"scope":["a"]}`, []string{"metadata_malformed scope"}},
		{"U29 variant of the wrong type", `{"client_name#ja":7}`, []string{"metadata_malformed client_name#ja"}},
		{"J26 other case is another member", `{"CLIENT_NAME":7,"Scope":[],"jwk\u017f_uri":1}`, nil},
		{"J44 too deep", `{"a":` + strings.Repeat("[", 16) + strings.Repeat("]", 16) + "}", []string{"request_not_json"}},
		{"array", "[{}]", []string{"request_not_json"}},
		{"nothing", "", []string{"request_not_json"}},
		{"all of them", `{"scope":1,"jwks":[],"client_name":{}}`, []string{"metadata_malformed scope", "metadata_malformed jwks", "metadata_malformed client_name"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := metadata.ParseClient([]byte(tt.data))
			if d := cmp.Diff(tt.want, defects(t, err)); d != "" {
				t.Errorf("defects (-want +got):\n%s", d)
			}
		})
	}
}

func TestClientPrintsWhatItRead(t *testing.T) {
	tests := []struct{ name, data, want string }{
		{"order of RFC 7591", `{"scope":"a b","client_name":"X"}`, `{"client_name":"X","scope":"a b"}`},
		{"an unknown member survives", `{"x_tier":{"a": [1, 2.50]},"x":null}`, `{"x":null,"x_tier":{"a": [1, 2.50]}}`},
		{"J26 a folded name survives as itself", `{"SCOPE":"a","scope":"b"}`, `{"scope":"b","SCOPE":"a"}`},
		{"J27 a name with NUL survives as itself", `{"scope\u0000":"a"}`, `{"scope\u0000":"a"}`},
		{"a variant survives", `{"client_name#ja":"\u30af","client_name":"X"}`, `{"client_name":"X","client_name#ja":"\u30af"}`},
		{"empty lists and texts are absent", `{"redirect_uris":[],"grant_types":[],"scope":"","contacts":[]}`, `{}`},
		{"escapes are undone", `{"client_name":"\u0041\u000a<"}`, `{"client_name":"A\n<"}`},
		{"members without a field survive", `{"default_max_age":3600,"request_uris":["a"]}`, `{"default_max_age":3600,"request_uris":["a"]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := metadata.ParseClient([]byte(tt.data))
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.MarshalJSON()
			if err != nil || string(got) != tt.want {
				t.Fatalf("%s, %v, want %s", got, err, tt.want)
			}
			var again metadata.Client
			if err := again.UnmarshalJSON(got); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c, again); d != "" {
				t.Errorf("printed and read again (-want +got):\n%s", d)
			}
			if d := cmp.Diff(c, c.Clone()); d != "" {
				t.Errorf("clone (-want +got):\n%s", d)
			}
		})
	}
	for _, more := range []map[string]json.RawMessage{{"x": nil}, {"\xff": json.RawMessage("1")}} {
		if data, err := (metadata.Client{More: more}).MarshalJSON(); err == nil {
			t.Errorf("a member without value, or with a name that is no text, is written: %s", data)
		}
	}
	replaced, err := metadata.Client{ClientName: "a\xffb", Contacts: []string{"\xff"}}.MarshalJSON()
	if want := `{"client_name":"a\ufffdb","contacts":["\ufffd"]}`; err != nil || string(replaced) != want && string(replaced) != strings.ReplaceAll(want, `\ufffd`, "\ufffd") {
		t.Errorf("what is no UTF-8 is written as %s, %v", replaced, err)
	}
	c := metadata.Client{ClientName: "X"}
	if err := c.UnmarshalJSON([]byte(`{"client_name":7}`)); err == nil || c.ClientName != "X" {
		t.Errorf("a name of the wrong type is read as %+v, %v", c, err)
	}
}

func TestCloneSharesNothing(t *testing.T) {
	const data = `{"redirect_uris":["a"],"grant_types":["a"],"response_types":["a"],"token_endpoint_auth_methods_supported":["a"],"contacts":["a"],"jwks":{"a":1},"x":"a"}`
	was := mustClient(t, data)
	c := was.Clone()
	for _, list := range [][]string{c.RedirectURIs, c.GrantTypes, c.ResponseTypes, c.TokenEndpointAuthMethodsSupported, c.Contacts} {
		list[0] = "b"
	}
	c.JWKS[2], c.More["x"][1] = 'b', 'b'
	c.More["y"] = json.RawMessage("1")
	if d := cmp.Diff(mustClient(t, data), was); d != "" {
		t.Errorf("a change of the clone changed the client (-want +got):\n%s", d)
	}
}

// A variant for a language is of the type of its member (RFC 7591, Section 2.2).
func TestVariantTypes(t *testing.T) {
	for member, want := range map[string]bool{
		"client_name": true, "client_uri": true, "logo_uri": true, "tos_uri": true, "policy_uri": true,
		"organization_name": true, "display_name": true, "description": true,
		"scope": false, "jwks": false, "x": false, "": false,
	} {
		_, err := metadata.ParseClient(object(map[string]string{member + "#ja": "7"}))
		if got := reported(err, member+"#ja"); got != want {
			t.Errorf("U29 a number for %s#ja: %v, want reported %v", member, err, want)
		}
		if c := mustClient(t, string(object(map[string]string{member + "#ja": `"x"`}))); len(c.Unregistered()) == 0 != want {
			t.Errorf("U29 %s#ja is unregistered: %q", member, c.Unregistered())
		}
	}
}

func TestClientDefaults(t *testing.T) {
	tests := []struct {
		name, data            string
		grants, responses     []string
		method                string
		key, redirect, native bool
	}{
		{"nothing", `{}`, []string{"authorization_code"}, []string{"code"}, "none", false, true, false},
		{"no redirect grant", `{"grant_types":["client_credentials"]}`, []string{"client_credentials"}, nil, "none", false, false, false},
		{"implicit is a redirect grant", `{"grant_types":["implicit"]}`, []string{"implicit"}, nil, "none", false, true, false},
		{"plural method", `{"token_endpoint_auth_methods_supported":["none","private_key_jwt"],"jwks_uri":"https://a.example/j"}`,
			[]string{"authorization_code"}, []string{"code"}, "private_key_jwt", true, true, false},
		{"singular beats plural", `{"token_endpoint_auth_method":"none","token_endpoint_auth_methods_supported":["private_key_jwt"]}`,
			[]string{"authorization_code"}, []string{"code"}, "none", false, true, false},
		{"method without key", `{"token_endpoint_auth_method":"private_key_jwt"}`, []string{"authorization_code"}, []string{"code"}, "private_key_jwt", false, true, false},
		{"R21 any loopback means native", `{"redirect_uris":["https://a.example/cb","http://localhost/cb"]}`, []string{"authorization_code"}, []string{"code"}, "none", false, true, true},
		{"R21 private-use means native", `{"redirect_uris":["myapp:/cb"]}`, []string{"authorization_code"}, []string{"code"}, "none", false, true, true},
		{"R21 https alone means web", `{"redirect_uris":["https://a.example/cb"]}`, []string{"authorization_code"}, []string{"code"}, "none", false, true, false},
		{"R21 said native", `{"application_type":"native","redirect_uris":["https://a.example/cb"]}`, []string{"authorization_code"}, []string{"code"}, "none", false, true, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := mustClient(t, tt.data)
			d := c.WithDefaults()
			if diff := cmp.Diff(tt.grants, d.GrantTypes) + cmp.Diff(tt.responses, d.ResponseTypes); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if d.TokenEndpointAuthMethod != tt.method || c.AuthenticatesByKey() != tt.key || c.UsesRedirects() != tt.redirect || c.Native() != tt.native {
				t.Errorf("method %s, key %v, redirects %v, native %v", d.TokenEndpointAuthMethod, c.AuthenticatesByKey(), c.UsesRedirects(), c.Native())
			}
		})
	}
}

func mustClient(t *testing.T, data string) metadata.Client {
	t.Helper()
	c, err := metadata.ParseClient([]byte(data))
	if err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	return c
}

func mustClientID(t *testing.T, s string) metadata.ClientID {
	t.Helper()
	id, err := metadata.ParseClientID(s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}
