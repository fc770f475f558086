package issuer

import (
	"bytes"
	"encoding"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/fc28f635/countersign/internal/strictyaml"
)

// asJSON is a policy as a schema sees it.
func asJSON(t *testing.T, text string) any {
	t.Helper()
	var tree map[string]any
	if _, err := strictyaml.Decode([]byte(text), &tree); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestPolicySchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("policy.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range BuiltinNames() {
		p, _ := Builtin(name)
		if err := schema.Validate(asJSON(t, string(p.Source()))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	text := string(Standard().Source())
	for name, change := range map[string][2]string{
		"P1 unknown key": {"countersign_from: signed", "countersign_form: signed"},
		"P1 version":     {"version: 2", "version: 1"},
		"P1 no tiers":    {text[strings.Index(text, "tiers:"):], ""},
		"P2 tier":        {"- tier: signed", "- tier: trusted"},
		"P2 class":       {"classes: [read]", "classes: [write]"},
		"admin":          {"classes: [read, modify, delete]", "classes: [admin]"},
		"refresh":        {"refresh_token: none", "refresh_token: never"},
		"number":         {"access_token_ttl: 3600", "access_token_ttl: soon"},
		"lifetime":       {"access_token_ttl: 3600", "access_token_ttl: 604800"},
		"O8 star":        {"consent: always", "consent: always\n      scopes: ['*']"},
		"budget":         {"consent: always", "consent: always\n      budgets: {admin: {minute: 1, day: 1}}"},
		"redirects":      {"consent: always", "consent: always\n      redirects: [http]"},
		"P3 source":      {"tiers:\n", "sources:\n  - {name: a, looks_at: registrar, reason: b, deny: {networks: []}}\ntiers:\n"},
		"source twice":   {"tiers:\n", "sources:\n  - {name: a, looks_at: registrar, reason: b, deny: {asns: [1]}, allow: {asns: [2]}}\ntiers:\n"},
		"mode":           {"tiers:\n", "authorization_servers:\n  - {issuer: 'https://as.example', mode: watch}\ntiers:\n"},
		"deny":           {"tiers:\n", "deny:\n  - {name: a, when: confidential}\ntiers:\n"},
	} {
		t.Run(name, func(t *testing.T) {
			wrong := strings.Replace(text, change[0], change[1], 1)
			if schema.Validate(asJSON(t, wrong)) == nil {
				t.Error("the schema takes it")
			}
			if _, err := ParsePolicy([]byte(wrong)); err == nil {
				t.Error("and so does the parser")
			}
		})
	}
}

// The schema has the keys of the file, and no others.
func TestPolicySchemaHasTheKeysOfTheFile(t *testing.T) {
	var schema map[string]any
	if err := json.Unmarshal(PolicySchema(), &schema); err != nil {
		t.Fatal(err)
	}
	compareKeys(t, "", schema, schema, reflect.TypeFor[policyFile]())
}

func compareKeys(t *testing.T, at string, root, s map[string]any, typ reflect.Type) {
	t.Helper()
	if ref, ok := s["$ref"].(string); ok {
		s = root["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
	}
	if reflect.PointerTo(typ).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		return // a text
	}
	switch typ.Kind() { //nolint:exhaustive // every other kind is a leaf
	case reflect.Pointer:
		compareKeys(t, at, root, s, typ.Elem())
	case reflect.Slice:
		compareKeys(t, at+"[]", root, s["items"].(map[string]any), typ.Elem())
	case reflect.Map:
		compareKeys(t, at+".*", root, s["additionalProperties"].(map[string]any), typ.Elem())
	case reflect.Struct:
		properties := s["properties"].(map[string]any)
		keys := map[string]reflect.Type{}
		for i := range typ.NumField() {
			if key := typ.Field(i).Tag.Get("yaml"); key != "" {
				keys[key] = typ.Field(i).Type
			}
		}
		if has, want := slices.Sorted(maps.Keys(properties)), slices.Sorted(maps.Keys(keys)); !slices.Equal(has, want) {
			t.Errorf("%s: the schema has %v, the file %v", at, has, want)
			return
		}
		for key, member := range keys {
			compareKeys(t, at+"."+key, root, properties[key].(map[string]any), member)
		}
	}
}
