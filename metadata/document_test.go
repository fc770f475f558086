package metadata_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/metadata"
)

// baseDocument is a good metadata document's members.
func baseDocument() map[string]string {
	return map[string]string{
		"client_id": `"https://acme.example/client.json"`, "client_name": `"Acme Agent"`, "redirect_uris": `["https://acme.example/callback"]`,
	}
}

func TestParseDocument(t *testing.T) {
	const method = "token_endpoint_auth_method"
	tests := []struct {
		name    string
		changes []string
		want    []string
	}{
		{"good", nil, nil},
		{"U17 client_id in another spelling", []string{"client_id", `"https://acme.example/%63lient.json"`}, []string{"client_id_mismatch client_id"}},
		{"U17 client_id in capitals", []string{"client_id", `"https://ACME.example/client.json"`}, []string{"client_id_mismatch client_id"}},
		{"U17 client_id with the default port", []string{"client_id", `"https://acme.example:443/client.json"`}, []string{"client_id_mismatch client_id"}},
		{"U17 JSON escapes are no other spelling", []string{"client_id", `"https:\/\/acme.example\u002fclient.json"`}, nil},
		{"U24 client_secret", []string{"client_secret", `"x"`}, []string{"secret_in_document client_secret"}},
		{"U24 client_secret of another type", []string{"client_secret", "null"}, []string{"secret_in_document client_secret"}},
		{"U24 client_secret_expires_at", []string{"client_secret_expires_at", "0"}, []string{"secret_in_document client_secret_expires_at"}},
		{"U24 registration_access_token", []string{"registration_access_token", `"x"`}, []string{"secret_in_document registration_access_token"}},
		{"U24 client_secret_expires_at of another type", []string{"client_secret_expires_at", "null"}, []string{"secret_in_document client_secret_expires_at"}},
		{"U24 registration_access_token of another type", []string{"registration_access_token", "7"}, []string{"secret_in_document registration_access_token"}},
		{"U24 private key", []string{"jwks", `{"keys":[{"kty":"EC","d":"AA"}]}`}, []string{"secret_in_document jwks"}},
		{"U26 symmetric key", []string{"jwks", `{"keys":[{"kty":"oct","k":"AA"}]}`}, []string{"secret_in_document jwks"}},
		{"U24 client_secret_basic", []string{method, `"client_secret_basic"`}, []string{"auth_method_forbidden " + method}},
		{"U24 client_secret_post", []string{method, `"client_secret_post"`}, []string{"auth_method_forbidden " + method}},
		{"U24 client_secret_jwt", []string{method, `"client_secret_jwt"`}, []string{"auth_method_forbidden " + method}},
		{"U24 private_key_jwt", []string{method, `"private_key_jwt"`, "jwks_uri", `"https://acme.example/jwks"`}, nil},
		{"U25 client_credentials and none", []string{"grant_types", `["authorization_code","client_credentials"]`}, []string{"grant_forbidden grant_types"}},
		{"U25 client_credentials and a key", []string{"grant_types", `["authorization_code","client_credentials"]`, method, `"private_key_jwt"`}, nil},
		{"U25 device_code and none", []string{"grant_types", `["authorization_code","urn:ietf:params:oauth:grant-type:device_code"]`}, nil},
		{"U27 client_id missing", []string{"client_id", ""}, []string{"document_malformed client_id"}},
		{"U27 client_id null", []string{"client_id", "null"}, []string{"document_malformed client_id"}},
		{"U27 client_name missing", []string{"client_name", ""}, []string{"document_malformed client_name"}},
		{"U27 redirect_uris missing", []string{"redirect_uris", ""}, []string{"document_malformed redirect_uris"}},
		{"U27 redirect_uris empty", []string{"redirect_uris", "[]"}, []string{"document_malformed redirect_uris"}},
		{"U27 redirect_uris string", []string{"redirect_uris", `"https://acme.example/callback"`}, []string{"document_malformed redirect_uris"}},
		{"U27 redirect_uris nested", []string{"redirect_uris", `[["https://acme.example/callback"]]`}, []string{"document_malformed redirect_uris"}},
		{"U27 client_name array", []string{"client_name", `["x"]`}, []string{"document_malformed client_name"}},
		{"U29 variants", []string{"client_name#ja", `"\u30af"`, "client_name#not a tag", `"x"`}, nil},
		{"U29 variant of the wrong type", []string{"client_name#ja", "7"}, []string{"document_malformed client_name#ja"}},
		{"J60 statement of the wrong type", []string{"software_statement", "{}"}, []string{"statement_not_a_string software_statement"}},
		{"J60 statement empty", []string{"software_statement", `""`}, []string{"statement_not_a_string software_statement"}},
		{"statement of 3072 bytes", []string{"software_statement", `"` + strings.Repeat("a", 3072) + `"`}, nil},
		{"statement of 3073 bytes", []string{"software_statement", `"` + strings.Repeat("a", 3073) + `"`}, []string{"statement_too_large software_statement"}},
	}
	id := mustClientID(t, "https://acme.example/client.json")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := metadata.ParseDocument(object(baseDocument(), tt.changes...), id)
			if diff := cmp.Diff(tt.want, defects(t, err)); diff != "" {
				t.Errorf("defects (-want +got):\n%s", diff)
			}
			if (err == nil) != (d.ID == id) {
				t.Errorf("document of %q with error %v", d.ID, err)
			}
		})
	}
}

func TestParseDocumentForm(t *testing.T) {
	good := string(object(baseDocument()))
	id := mustClientID(t, "https://acme.example/client.json")
	for _, data := range []string{good, good + "\n", " " + good + "\r\n\t "} {
		if _, err := metadata.ParseDocument([]byte(data), id); err != nil {
			t.Errorf("U21 white space around: %v", err)
		}
	}
	tests := []struct{ name, data string }{
		{"U21 page", "<!doctype html><script>" + good + "</script>"},
		{"U21 JSONP", "cb(" + good + ")"},
		{"U21 comment", "/* */" + good},
		{"U21 byte order mark", "\xef\xbb\xbf" + good},
		{"U21 trailing comma", strings.TrimSuffix(good, "}") + ",}"},
		{"U20 UTF-16", "\xff\xfe{\x00}\x00"},
		{"U20 JSON lines", good + "\n" + good},
		{"array", "[" + good + "]"},
		{"J25 duplicate", strings.TrimSuffix(good, "}") + `,"redirect_uris":["https://evil.example/cb"]}`},
		{"empty", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := metadata.ParseDocument([]byte(tt.data), id)
			if d := cmp.Diff([]string{"document_malformed"}, defects(t, err)); d != "" {
				t.Errorf("defects (-want +got):\n%s", d)
			}
		})
	}
}
